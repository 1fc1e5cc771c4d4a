"""The rule book: 200 rules, which are ten kinds of check at twenty limits each.

Rules 1 to 10 are the ten kinds at their first limit, 11 to 20 at their second, and so on.
"""

# kind: (first limit, step to the next one); `checks.py` says what each limit counts.
KINDS = {
    "order_size": (3000, 500),
    "order_value": (350000, 50000),
    "price_deviation": (60, 20),
    "marking_the_close": (10, 2),
    "wash_trade": (30, 30),
    "late_report": (10, 10),
    "concentration": (8, 2),
    "volume_share": (180, 10),
    "watch_list": (1, 1),
    "excessive_trading": (4, 1),
}
LEVELS = 20


class UnknownRule(Exception):
    """The rule book ends before this number."""


def rule(number):
    """The kind of a rule and its limit."""
    if not 1 <= number <= len(KINDS) * LEVELS:
        raise UnknownRule(f"the rule book has no rule {number}")
    level, index = divmod(number - 1, len(KINDS))
    kind = list(KINDS)[index]
    first, step = KINDS[kind]
    return kind, first + step * level
