"""The label of a score, by the thresholds that VADER's authors recommend."""

POSITIVE, NEGATIVE = 0.05, -0.05


def judge(scores):
    compound = scores["compound"]
    if compound >= POSITIVE:
        label = "positive"
    elif compound <= NEGATIVE:
        label = "negative"
    else:
        label = "neutral"
    return {"label": label, "compound": compound}
