"""The FINRA workflow in plain Python; `python oracle.py [--machine NAME] EVENT.json` prints its output.

It needs the packages of the functions' requirements.txt files.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from plain_python import Function, main, retry, service  # noqa: E402  (found through the line above)

REJECTED = ("UnknownPortfolio", "UnknownMarket")


def audit(event, rules):
    with service(HERE / "services" / "market_data.py") as market_data_url:
        functions = HERE / "functions"
        fetch_portfolio_data = Function(functions / "fetch_portfolio_data")
        fetch_market_data = Function(functions / "fetch_market_data", env={"MARKET_DATA_URL": market_data_url})
        run_audit_rule = Function(functions / "run_audit_rule")
        margin_check = Function(functions / "margin_check")

        day = event["tradingDay"]
        try:
            portfolio = fetch_portfolio_data({"portfolioId": event["portfolioId"], "tradingDay": day})
            market = retry(
                ["MarketDataUnavailable"], fetch_market_data, {"market": event["portfolioType"], "tradingDay": day}
            )
        except Exception as error:
            if type(error).__name__ not in REJECTED:
                raise
            return rejected(event, error)

        audits = [run_audit_rule({"rule": rule, "portfolio": portfolio, "market": market}) for rule in rules]
        check = margin_check({"executionId": "oracle", "portfolio": portfolio, "market": market, "audits": audits})
    return {
        "outcome": "AUDITED",
        "portfolioId": event["portfolioId"],
        "tradingDay": day,
        "fund": portfolio["fund"],
        "trades": len(portfolio["trades"]),
        "margin": check["margin"],
        "audit": check["audit"],
    }


def rejected(event, error):
    return {
        "outcome": "REJECTED",
        "portfolioId": event["portfolioId"],
        "tradingDay": event["tradingDay"],
        "error": type(error).__name__,
        "reason": str(error),
    }


if __name__ == "__main__":
    main(
        {
            "FinraMachine": lambda event: audit(event, range(1, 51)),
            "FinraWideMachine": lambda event: audit(event, range(1, 201)),
        }
    )
