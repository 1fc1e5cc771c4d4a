"""From the parameters of a state to those of boto3, by the model of the operation."""

import json

from .failure import Failed
from .names import normal


def convert(shape, parameters):
    """The arguments of an operation whose input has this shape; none has no input."""
    if shape is None:
        if parameters:
            raise _unsupported(next(iter(parameters)), parameters)
        return {}
    return _structure(shape, parameters, parameters)


def text_of(value):
    """What a text is where an object was given: its JSON."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _structure(shape, given, parameters):
    if not isinstance(given, dict) or getattr(shape, "is_document_type", False):
        # If it is wrong, boto3 says so, with the place of it.
        return given
    members = {normal(name): name for name in shape.members}
    converted = {}
    for name, value in given.items():
        member = name if name in shape.members else members.get(normal(name))
        if member is None:
            raise _unsupported(name, parameters)
        # What is null is absent for the SDK.
        if value is not None:
            converted[member] = _value(shape.members[member], value, parameters)
    return converted


def _value(shape, value, parameters):
    kind = shape.type_name
    if kind == "structure":
        return _structure(shape, value, parameters)
    if kind == "list" and isinstance(value, list):
        return [_value(shape.member, item, parameters) for item in value]
    if kind == "map" and isinstance(value, dict):
        return {key: _value(shape.value, item, parameters) for key, item in value.items()}
    if kind in ("string", "character"):
        return text_of(value)
    if kind == "blob":
        return text_of(value).encode()
    if kind in ("integer", "long") and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _unsupported(name, parameters):
    """What Step Functions says of a member that an API does not have."""
    return Failed(
        "States.Runtime",
        "The Parameters '%s' could not be used to start the Task: "
        "[The field \"%s\" is not supported by Step Functions]" % (text_of(parameters), name),
    )
