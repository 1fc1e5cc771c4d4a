"""What is called: five handlers that do nothing, so that the way between them is measured, and work."""

import time


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


def work(event, context):
    """About a tenth of a second of Python code that calls nothing."""
    total = 0
    for number in range(event["loops"]):
        total += number % 7 * 3
    return total


def burn(event, context):
    """So many milliseconds of this process's own processor time."""
    until = time.process_time() + event["ms"] / 1000
    while time.process_time() < until:
        pass


def sleep(event, context):
    time.sleep(event["ms"] / 1000)


def nothing(event, context):
    return event
