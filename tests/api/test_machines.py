"""State machines, their versions, aliases and tags."""

import json

from conftest import FAIL, PASS, WAIT, definition, task
from serving import ROLE

ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:"


def test_the_projects_machines_are_there(sfn):
    found = sfn.describe_state_machine(stateMachineArn=ARN + "flow")
    assert (found["name"], found["type"], found["status"]) == ("flow", "STANDARD", "ACTIVE")
    assert "Echo" in json.loads(found["definition"])["States"]


def test_creation_is_idempotent(api):
    name = api.name()
    request = dict(name=name, definition=definition(PASS), roleArn=ROLE)
    first = api.sfn.create_state_machine(**request)
    assert first["stateMachineArn"] == ARN + name
    again = api.sfn.create_state_machine(**request)
    assert (again["stateMachineArn"], again["creationDate"]) == (first["stateMachineArn"], first["creationDate"])
    # Role and tags make no difference.
    api.sfn.create_state_machine(**{**request, "roleArn": ROLE + "2"}, tags=[{"key": "a", "value": "b"}])
    for change in ({"type": "EXPRESS"}, {"definition": definition(FAIL)}):
        message = api.refused("StateMachineAlreadyExists", "create_state_machine", **{**request, **change})
        assert message == f"State Machine Already Exists: '{first['stateMachineArn']}'"


def test_what_cannot_be_created(api):
    def check(code, **change):
        request = dict(name=api.name(), definition=definition(PASS), roleArn=ROLE) | change
        return api.refused(code, "create_state_machine", **request)

    assert check("InvalidName", name="x y") == "Invalid Name: 'x y'"
    missing = check("InvalidDefinition", definition='{"StartAt": "X", "States": {}}')
    assert missing.startswith("Invalid State Machine Definition: '"), missing
    check("InvalidDefinition", definition="no JSON")
    check("ValidationException", versionDescription="without publish")
    long = check("ValidationException", name="n" * 81)
    assert long.endswith("Member must have length less than or equal to 80"), long
    check("TooManyTags", tags=[{"key": f"k{n}", "value": ""} for n in range(51)])
    # What Express machines may not have.
    activity = "arn:aws:states:us-east-1:123456789012:activity:a"
    for resource in (activity, "arn:aws:states:::states:startExecution.sync"):
        check("InvalidDefinition", type="EXPRESS", definition=definition(task(resource, Parameters={"StateMachineArn": "x"})))


def test_updates(api):
    arn = api.machine(PASS)
    running = api.start(api.machine(WAIT))
    before = api.sfn.describe_state_machine_for_execution(executionArn=running)
    updated = api.sfn.update_state_machine(stateMachineArn=arn, definition=definition(FAIL))
    found = api.sfn.describe_state_machine(stateMachineArn=arn)
    assert (found["revisionId"], found["definition"]) == (updated["revisionId"], definition(FAIL))
    # A running execution keeps its definition.
    api.sfn.update_state_machine(stateMachineArn=before["stateMachineArn"], definition=definition(PASS))
    after = api.sfn.describe_state_machine_for_execution(executionArn=running)
    assert after["definition"] == before["definition"] == definition(WAIT)
    api.sfn.stop_execution(executionArn=running)

    api.refused("MissingRequiredParameter", "update_state_machine", stateMachineArn=arn)
    api.refused("InvalidDefinition", "update_state_machine", stateMachineArn=arn, definition="{}")
    api.refused("StateMachineDoesNotExist", "update_state_machine", stateMachineArn=ARN + "none", roleArn=ROLE)
    api.refused("ExecutionDoesNotExist", "describe_state_machine_for_execution",
                executionArn=running + "x")


def test_deletion(api):
    arn = api.machine(PASS)
    assert not set(api.sfn.delete_state_machine(stateMachineArn=arn)) - {"ResponseMetadata"}
    api.sfn.delete_state_machine(stateMachineArn=arn)
    api.refused("InvalidArn", "delete_state_machine", stateMachineArn="nonsense")
    api.refused("InvalidArn", "describe_state_machine", stateMachineArn="nonsense")
    api.refused("StateMachineDoesNotExist", "describe_state_machine", stateMachineArn=arn)
    api.refused("StateMachineDoesNotExist", "start_execution", stateMachineArn=arn)


def test_pages(api):
    arns = {api.machine(PASS) for _ in range(5)}
    pages = list(api.sfn.get_paginator("list_state_machines").paginate(PaginationConfig={"PageSize": 2}))
    found = [machine["stateMachineArn"] for page in pages for machine in page["stateMachines"]]
    assert arns <= set(found) and len(set(found)) == len(found)
    assert all(len(page["stateMachines"]) <= 2 for page in pages)
    api.refused("InvalidToken", "list_state_machines", nextToken="nonsense")


def test_versions(api):
    arn = api.machine(PASS)
    first = api.sfn.publish_state_machine_version(stateMachineArn=arn, description="one")
    assert first["stateMachineVersionArn"] == arn + ":1"
    # The same revision is the same version.
    again = api.sfn.publish_state_machine_version(stateMachineArn=arn, description="one")
    assert again["stateMachineVersionArn"] == arn + ":1"
    api.refused("ConflictException", "publish_state_machine_version", stateMachineArn=arn, revisionId="other")
    second = api.sfn.update_state_machine(stateMachineArn=arn, definition=definition(FAIL), publish=True)
    assert second["stateMachineVersionArn"] == arn + ":2"
    listed = api.sfn.list_state_machine_versions(stateMachineArn=arn, maxResults=1)
    assert [v["stateMachineVersionArn"] for v in listed["stateMachineVersions"]] == [arn + ":2"]
    rest = api.sfn.list_state_machine_versions(stateMachineArn=arn, nextToken=listed["nextToken"])
    assert [v["stateMachineVersionArn"] for v in rest["stateMachineVersions"]] == [arn + ":1"]

    ended = api.run(arn + ":1")
    assert (ended["status"], ended["stateMachineVersionArn"]) == ("SUCCEEDED", arn + ":1")
    assert api.run(arn + ":2")["status"] == "FAILED"
    api.sfn.delete_state_machine_version(stateMachineVersionArn=arn + ":1")
    api.refused("StateMachineDoesNotExist", "start_execution", stateMachineArn=arn + ":1")
    api.refused("StateMachineDoesNotExist", "publish_state_machine_version", stateMachineArn=ARN + "none")


def test_aliases(api):
    arn = api.machine(PASS, publish=True)
    route = [{"stateMachineVersionArn": arn + ":1", "weight": 100}]
    alias = api.sfn.create_state_machine_alias(name="PROD", routingConfiguration=route)["stateMachineAliasArn"]
    assert alias == arn + ":PROD"
    found = api.sfn.describe_state_machine_alias(stateMachineAliasArn=alias)
    assert (found["name"], found["routingConfiguration"]) == ("PROD", route)
    ended = api.run(alias)
    assert (ended["stateMachineAliasArn"], ended["stateMachineVersionArn"]) == (alias, arn + ":1")
    api.refused("ConflictException", "delete_state_machine_version", stateMachineVersionArn=arn + ":1")
    api.sfn.update_state_machine_alias(stateMachineAliasArn=alias, description="of today")
    assert api.sfn.describe_state_machine_alias(stateMachineAliasArn=alias)["description"] == "of today"
    api.sfn.create_state_machine_alias(name="TEST", routingConfiguration=route)
    page = api.sfn.list_state_machine_aliases(stateMachineArn=arn, maxResults=1)
    rest = api.sfn.list_state_machine_aliases(stateMachineArn=arn, nextToken=page["nextToken"])
    names = page["stateMachineAliases"] + rest["stateMachineAliases"]
    assert sorted(a["stateMachineAliasArn"] for a in names) == [arn + ":PROD", arn + ":TEST"]

    half = [{**route[0], "weight": 50}]
    api.refused("ValidationException", "create_state_machine_alias", name="HALF", routingConfiguration=half)
    api.sfn.delete_state_machine_alias(stateMachineAliasArn=alias)
    api.refused("ResourceNotFound", "describe_state_machine_alias", stateMachineAliasArn=alias)


def test_tags(api):
    arn = api.machine(PASS, tags=[{"key": "team", "value": "a"}])
    api.sfn.tag_resource(resourceArn=arn, tags=[{"key": "team", "value": "b"}, {"key": "x", "value": ""}])
    tags = api.sfn.list_tags_for_resource(resourceArn=arn)["tags"]
    assert sorted((tag["key"], tag["value"]) for tag in tags) == [("team", "b"), ("x", "")]
    api.sfn.untag_resource(resourceArn=arn, tagKeys=["x", "never there"])
    assert api.sfn.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "team", "value": "b"}]
    many = [{"key": f"k{n}", "value": ""} for n in range(50)]
    api.refused("TooManyTags", "tag_resource", resourceArn=arn, tags=many)
    for operation, more in (("tag_resource", {"tags": []}), ("untag_resource", {"tagKeys": []}), ("list_tags_for_resource", {})):
        api.refused("ResourceNotFound", operation, resourceArn=ARN + "none", **more)


def test_validation_and_single_states(api):
    good = api.sfn.validate_state_machine_definition(definition=definition(PASS))
    assert (good["result"], good["diagnostics"]) == ("OK", [])
    bad = api.sfn.validate_state_machine_definition(definition='{"StartAt": "X", "States": {}}')
    assert bad["result"] == "FAIL" and bad["diagnostics"][0]["severity"] == "ERROR"

    state = json.dumps({"Type": "Pass", "Result": {"b": 2}, "ResultPath": "$.r", "End": True})
    tested = api.sfn.test_state(definition=state, roleArn=ROLE, input='{"a": 1}', inspectionLevel="DEBUG")
    assert (tested["status"], json.loads(tested["output"])) == ("SUCCEEDED", {"a": 1, "r": {"b": 2}})
    failed = api.sfn.test_state(definition=json.dumps(FAIL), roleArn=ROLE)
    assert (failed["status"], failed["error"]) == ("FAILED", "E")
    api.refused("InvalidDefinition", "test_state", definition='{"Type": "Nothing"}', roleArn=ROLE)
    api.refused("InvalidExecutionInput", "test_state", definition=state, roleArn=ROLE, input="{")
