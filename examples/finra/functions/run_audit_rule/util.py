"""What several checks share: units, groups of trades, the shapes of a violation."""


def cents(price):
    return round(price * 100)


def seconds(time):
    hours, minutes, rest = time.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(rest)


def percent(part, whole):
    return part * 100 // whole


def basis_points(part, whole):
    return part * 10000 // whole


def value(trade):
    """In cents."""
    return trade["quantity"] * cents(trade["price"])


def shares(trades):
    return sum(trade["quantity"] for trade in trades)


def by_symbol(trades):
    groups = {}
    for trade in trades:
        groups.setdefault(trade["symbol"], []).append(trade)
    return dict(sorted(groups.items()))


def positions(portfolio):
    """Shares held at the close, negative when sold short, without those sold off."""
    held = dict(portfolio["openingPositions"])
    for trade in portfolio["trades"]:
        signed = trade["quantity"] if trade["side"] == "BUY" else -trade["quantity"]
        held[trade["symbol"]] = held.get(trade["symbol"], 0) + signed
    return {symbol: quantity for symbol, quantity in held.items() if quantity}


def market_range(market, trade):
    """The market's lowest and highest price, in cents, in the minutes of a trade."""
    minute = (seconds(trade["executedAt"]) - seconds(market["opens"] + ":00")) // 60
    low, high = market["symbols"][trade["symbol"]]["ranges"][minute // market["minutesPerRange"]]
    return cents(low), cents(high)


def same_shares(buy, sale):
    return (
        buy["side"] == "BUY"
        and sale["side"] == "SELL"
        and buy["quantity"] == sale["quantity"]
        and cents(buy["price"]) == cents(sale["price"])
    )


def apart(one, other):
    """Seconds between two trades."""
    return abs(seconds(one["executedAt"]) - seconds(other["executedAt"]))


def on_trade(trade, found):
    return {"tradeId": trade["tradeId"], "found": found}


def on_symbol(symbol, found):
    return {"symbol": symbol, "found": found}
