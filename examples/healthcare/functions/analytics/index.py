"""Looks for conditions, medications and measurements in an anonymised record.

This function is not trusted with PHI and never sees any. Its package has helpers in a folder, as larger ones do.
"""

from util import risk, terms


def handler(event, context):
    text = event["text"]
    conditions = terms.conditions(text)
    measurements = terms.measurements(text)
    return {
        "conditions": conditions,
        "medications": terms.medications(text),
        "measurements": measurements,
        "risk": risk.score(conditions, measurements),
    }
