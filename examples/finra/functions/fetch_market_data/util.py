"""Condenses minute bars: a rule needs price ranges of five minutes, not every minute's four prices."""

MINUTES_PER_RANGE = 5


def condense(day):
    return {
        "market": day["market"],
        "day": day["day"],
        "opens": day["symbols"][0]["bars"][0]["t"],
        "minutesPerRange": MINUTES_PER_RANGE,
        "symbols": {entry["symbol"]: condense_symbol(entry) for entry in day["symbols"]},
    }


def condense_symbol(entry):
    bars = entry["bars"]
    return {
        "sector": entry["sector"],
        "watchLists": entry["watchLists"],
        "close": bars[-1]["c"],
        "volume": sum(bar["v"] for bar in bars),
        "ranges": [price_range(bars[i : i + MINUTES_PER_RANGE]) for i in range(0, len(bars), MINUTES_PER_RANGE)],
    }


def price_range(bars):
    """The lowest and the highest price of a few bars."""
    return [min(bar["l"] for bar in bars), max(bar["h"] for bar in bars)]
