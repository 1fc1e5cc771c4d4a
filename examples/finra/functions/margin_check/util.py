"""Money in exact decimals; only the answer is rounded, to cents."""

from decimal import ROUND_HALF_UP, Decimal


def exact(number):
    """The decimal a JSON number was written as (`0.1`, not the nearest binary fraction)."""
    return Decimal(str(number))


def dollars(amount):
    return float(amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP))


def settle(portfolio):
    """Positions that are not zero, by symbol, and cash after all trades."""
    positions, cash = dict(portfolio["openingPositions"]), exact(portfolio["cash"])
    for trade in portfolio["trades"]:
        sign = 1 if trade["side"] == "BUY" else -1
        positions[trade["symbol"]] = positions.get(trade["symbol"], 0) + sign * trade["quantity"]
        cash -= sign * trade["quantity"] * exact(trade["price"])
    return {symbol: quantity for symbol, quantity in sorted(positions.items()) if quantity}, cash


def worth(quantity, symbol):
    return quantity * exact(symbol["close"])


def requirement(symbol, values, house):
    """Maintenance margin of one position, higher for a short one and for a large share of the portfolio."""
    held = abs(values[symbol])
    share = held / sum(abs(value) for value in values.values())
    rate = exact(house["longRate"] if values[symbol] > 0 else house["shortRate"])
    if share > exact(house["largeShare"]):
        rate += exact(house["largeSurcharge"])
    return held * rate
