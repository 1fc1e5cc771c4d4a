"""The ML prediction workflow in plain Python; `python oracle.py EVENT.json` prints its output.

It needs the packages of the functions' requirements.txt files.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from plain_python import Function, main  # noqa: E402  (found through the line above)


def read_label(event):
    functions = HERE / "functions"
    resize = Function(functions / "resize")
    predict = Function(functions / "predict")
    render = Function(functions / "render", env={"MIN_PROBABILITY": "0.9"})

    try:
        resized = resize(event)
    except Exception as error:
        if type(error).__name__ != "UnreadableImage":
            raise
        return rejected(event, error)
    predicted = predict({"tensor": resized["tensor"]})
    return render({"imageId": event["imageId"], "width": resized["width"], **predicted})


def rejected(event, error):
    return {
        "outcome": "REJECTED",
        "imageId": event["imageId"],
        "error": type(error).__name__,
        "reason": str(error),
    }


if __name__ == "__main__":
    main({"PredictionMachine": read_label})
