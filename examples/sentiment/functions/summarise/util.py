"""Small statistics."""

from collections import Counter


def tally(names):
    """How often each name came, by name."""
    return dict(sorted(Counter(names).items()))


def mean(numbers):
    return round(sum(numbers) / len(numbers), 4) if numbers else None
