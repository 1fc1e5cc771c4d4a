"""How a customer feels about a product: VADER with words that praise or blame things."""

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

import util

analyzer = SentimentIntensityAnalyzer()
# Strengths on VADER's own scale, from -4 to 4.
analyzer.lexicon.update({"flimsy": -2.1, "leaks": -1.9, "dies": -1.8, "sturdy": 1.8, "sleek": 1.6, "bright": 1.2})


def lambda_handler(event, context):
    return {"model": "product", **util.judge(analyzer.polarity_scores(event["text"]))}
