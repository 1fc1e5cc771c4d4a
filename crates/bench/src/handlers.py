"""Five handlers that do nothing: what is measured is the way between them."""


def step0(event, context):
    return event


def step1(event, context):
    return event


def step2(event, context):
    return event


def step3(event, context):
    return event


def step4(event, context):
    return event
