"""Holds answers against the shapes of botocore's model: no member unknown, none missing, each of its type."""

import json

import botocore.session

MODEL = botocore.session.get_session().get_service_model("stepfunctions")

TYPES = {"string": str, "boolean": bool, "timestamp": (int, float), "integer": int, "long": int,
         "float": (int, float), "double": (int, float)}


def check(response_dict, event_name, **_):
    operation = MODEL.operation_model(event_name.rsplit(".", 1)[1])
    body = json.loads(response_dict["body"] or b"{}")
    headers = {name.lower() for name in response_dict["headers"]}
    assert "x-amzn-requestid" in headers
    if response_dict["status_code"] == 200:
        mismatches = [] if operation.output_shape is None else list(compare(body, operation.output_shape))
    else:
        mismatches = list(errors(response_dict["status_code"], body, operation))
    assert not mismatches, f"{operation.name}: {mismatches} in {body}"


def errors(status, body, operation):
    if status != 400:
        yield f"status {status}"
    if not isinstance(body.get("message"), str):
        yield "an error without a message"
    # Those that every operation has stand in no model.
    common = {"ValidationException", "SerializationException", "UnknownOperationException"}
    code = body.get("__type", "").rpartition("#")[2]
    if code not in common | {shape.name for shape in operation.error_shapes}:
        yield f"the operation has no error {code}"


def compare(value, shape, path="answer"):
    """Each difference of a value and its shape."""
    if shape.type_name == "structure":
        if not isinstance(value, dict):
            yield f"{path} is no object"
            return
        for name in set(value) - set(shape.members):
            yield f"{path}.{name} is not known"
        for name in set(shape.required_members) - set(value):
            yield f"{path}.{name} is missing"
        for name in set(value) & set(shape.members):
            yield from compare(value[name], shape.members[name], f"{path}.{name}")
    elif shape.type_name == "list":
        if not isinstance(value, list):
            yield f"{path} is no list"
            return
        for at, item in enumerate(value):
            yield from compare(item, shape.member, f"{path}[{at}]")
    elif shape.type_name == "map":
        for name, item in value.items():
            yield from compare(item, shape.value, f"{path}.{name}")
    else:
        is_right = isinstance(value, TYPES[shape.type_name])
        if not is_right or (isinstance(value, bool) and shape.type_name != "boolean"):
            yield f"{path} is no {shape.type_name}: {value!r}"
        elif shape.type_name == "string":
            if getattr(shape, "enum", None) and value not in shape.enum:
                yield f"{path} is none of {shape.enum}: {value!r}"
            longest, shortest = shape.metadata.get("max"), shape.metadata.get("min", 0)
            if len(value) < shortest or (longest is not None and len(value) > longest):
                yield f"{path} has the wrong length: {len(value)}"
