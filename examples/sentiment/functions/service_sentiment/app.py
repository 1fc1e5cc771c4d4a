"""How a customer was treated: VADER with words that praise or blame people, and what a waiting customer feels."""

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

import util

analyzer = SentimentIntensityAnalyzer()
analyzer.lexicon.update(util.WORDS)


def lambda_handler(event, context):
    scores = analyzer.polarity_scores(event["text"])
    return {"model": "service", "label": util.label(scores["compound"]), "compound": scores["compound"]}
