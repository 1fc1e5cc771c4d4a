"""The ten kinds of check: `(portfolio, market, limit)` to the list of violations.

All sums are of integers (shares, cents, seconds), so that a result never depends on rounding.
"""

import util
from util import basis_points, cents, percent, seconds


def order_size(portfolio, market, limit):
    """One trade of more than `limit` shares."""
    return [util.on_trade(trade, trade["quantity"]) for trade in portfolio["trades"] if trade["quantity"] > limit]


def order_value(portfolio, market, limit):
    """One trade worth more than `limit` dollars."""
    return [
        util.on_trade(trade, util.value(trade) / 100)
        for trade in portfolio["trades"]
        if util.value(trade) > limit * 100
    ]


def price_deviation(portfolio, market, limit):
    """A price more than `limit` basis points outside the market's range in those minutes."""
    violations = []
    for trade in portfolio["trades"]:
        low, high = util.market_range(market, trade)
        price = cents(trade["price"])
        if price > high:
            deviation = basis_points(price - high, high)
        else:
            deviation = basis_points(low - price, low)
        if deviation > limit:
            violations.append(util.on_trade(trade, deviation))
    return violations


def marking_the_close(portfolio, market, limit):
    """More than `limit` percent of the day's shares of a symbol traded in the last ten minutes."""
    violations = []
    for symbol, trades in util.by_symbol(portfolio["trades"]).items():
        late = [trade for trade in trades if seconds(trade["executedAt"]) >= seconds("15:50:00")]
        share = percent(util.shares(late), util.shares(trades))
        if share > limit:
            violations.append(util.on_symbol(symbol, share))
    return violations


def wash_trade(portfolio, market, limit):
    """The same shares bought and sold at the same price within `limit` seconds."""
    violations = []
    for trades in util.by_symbol(portfolio["trades"]).values():
        for buy in trades:
            for sale in trades:
                if util.same_shares(buy, sale) and util.apart(buy, sale) <= limit:
                    violations.append({"tradeIds": [buy["tradeId"], sale["tradeId"]], "found": util.apart(buy, sale)})
    return violations


def late_report(portfolio, market, limit):
    """A trade reported more than `limit` seconds after it was made."""
    violations = []
    for trade in portfolio["trades"]:
        delay = seconds(trade["reportedAt"]) - seconds(trade["executedAt"])
        if delay > limit:
            violations.append(util.on_trade(trade, delay))
    return violations


def concentration(portfolio, market, limit):
    """A position of more than `limit` percent of the value of all positions at the close."""
    held = {
        symbol: abs(quantity) * cents(market["symbols"][symbol]["close"])
        for symbol, quantity in util.positions(portfolio).items()
    }
    total = sum(held.values())
    return [
        util.on_symbol(symbol, percent(value, total))
        for symbol, value in sorted(held.items())
        if percent(value, total) > limit
    ]


def volume_share(portfolio, market, limit):
    """More than `limit` basis points of the market's volume of a symbol."""
    violations = []
    for symbol, trades in util.by_symbol(portfolio["trades"]).items():
        share = basis_points(util.shares(trades), market["symbols"][symbol]["volume"])
        if share > limit:
            violations.append(util.on_symbol(symbol, share))
    return violations


def watch_list(portfolio, market, limit):
    """A trade of a symbol on the watch list with the number `limit`."""
    return [
        util.on_trade(trade, limit)
        for trade in portfolio["trades"]
        if limit in market["symbols"][trade["symbol"]]["watchLists"]
    ]


def excessive_trading(portfolio, market, limit):
    """More than `limit` trades of one desk in one symbol within an hour."""
    violations = []
    for symbol, trades in util.by_symbol(portfolio["trades"]).items():
        for desk in sorted({trade["desk"] for trade in trades}):
            times = sorted(seconds(trade["executedAt"]) for trade in trades if trade["desk"] == desk)
            busiest = max(sum(start <= time < start + 3600 for time in times) for start in times)
            if busiest > limit:
                violations.append({"symbol": symbol, "desk": desk, "found": busiest})
    return violations


CHECKS = {
    check.__name__: check
    for check in (
        order_size,
        order_value,
        price_deviation,
        marking_the_close,
        wash_trade,
        late_report,
        concentration,
        volume_share,
        watch_list,
        excessive_trading,
    )
}
