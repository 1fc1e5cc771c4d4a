"""Checks the fund's margin at the close and gathers what the audit rules found."""

import util


def lambda_handler(event, context):
    portfolio, market, audits = event["portfolio"], event["market"], event["audits"]
    print(f"{event['executionId']}: margin of {portfolio['portfolioId']} after {len(audits)} rules")
    return {"margin": margin(portfolio, market), "audit": gather(audits)}


def margin(portfolio, market):
    positions, cash = util.settle(portfolio)
    values = {symbol: util.worth(quantity, market["symbols"][symbol]) for symbol, quantity in positions.items()}
    market_value = sum(values.values())
    required = sum(util.requirement(symbol, values, portfolio["house"]) for symbol in values)
    equity = market_value + cash
    return {
        "positions": len(positions),
        "marketValue": util.dollars(market_value),
        "cash": util.dollars(cash),
        "equity": util.dollars(equity),
        "required": util.dollars(required),
        "excess": util.dollars(equity - required),
        "sufficient": equity >= required,
    }


def gather(audits):
    """One entry for each broken rule, in the order of the rules."""
    broken = [audit for audit in audits if audit["violations"]]
    return {
        "rulesChecked": len(audits),
        "rulesBroken": len(broken),
        "violations": sum(len(audit["violations"]) for audit in broken),
        "broken": broken,
    }
