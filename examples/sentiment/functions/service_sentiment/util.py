"""Words about service, with strengths on VADER's own scale from -4 to 4, and a stricter idea of neutral.

A customer who writes about service at all felt something, so only a score close to zero is neutral.
"""

WORDS = {"late": -1.5, "hold": -1.2, "nobody": -0.8, "apologised": 1.1, "prompt": 1.7, "refunded": 1.4}
NEUTRAL = 0.02


def label(compound):
    if abs(compound) < NEUTRAL:
        return "neutral"
    return "positive" if compound > 0 else "negative"
