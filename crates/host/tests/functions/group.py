"""The function that `lane-steps` calls: runs the source that it is given, again and again in the same names."""

names = {"__name__": "group"}


def handler(event, context):
    exec(compile(event["source"], "<group>", "exec"), names)
