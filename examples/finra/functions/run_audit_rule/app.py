"""Checks a portfolio's trades against one numbered rule of the rule book."""

import checks
import rule_book


def lambda_handler(event, context):
    kind, limit = rule_book.rule(event["rule"])
    violations = checks.CHECKS[kind](event["portfolio"], event["market"], limit)
    return {"rule": event["rule"], "kind": kind, "limit": limit, "violations": violations}
