"""Reads a fund's private trades of one day from the files packed with this function."""

import json
from pathlib import Path

import util

PORTFOLIOS = Path(__file__).parent / "portfolios"


class UnknownPortfolio(Exception):
    """No fund has this id, or it did not trade on this day."""


def lambda_handler(event, context):
    portfolio_id, day = event["portfolioId"], event["tradingDay"]
    # The id is compared with the names that exist and never made into a path.
    known = {path.stem: path for path in PORTFOLIOS.glob("*.json")}
    if portfolio_id not in known:
        raise UnknownPortfolio(f"no portfolio called {portfolio_id}")
    account = json.loads(known[portfolio_id].read_text(encoding="utf-8"))
    if account["tradingDay"] != day:
        raise UnknownPortfolio(f"{portfolio_id} reported no trades for {day}")
    trades = util.read_trades(known[portfolio_id].with_suffix(".csv"))
    print(f"{portfolio_id}: {len(trades)} trades on {day}")
    return {**account, "trades": trades}
