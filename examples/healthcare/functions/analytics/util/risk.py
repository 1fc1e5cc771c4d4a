"""A made-up risk score between 0 and 1, summed in hundredths to be exact."""

POINTS = {
    "asthma": 5,
    "atrial fibrillation": 20,
    "chronic kidney disease": 25,
    "hypertension": 10,
    "type 2 diabetes": 15,
}


def score(conditions, measurements):
    points = sum(POINTS[condition] for condition in conditions)
    if (measurements["systolic"] or 0) >= 140:
        points += 12
    if (measurements["hba1c"] or 0.0) >= 6.5:
        points += 13
    return min(points, 100) / 100
