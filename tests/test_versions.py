"""Versions, aliases and tags through boto3, and what is left of them after kill -9."""

import json

import pytest
from botocore.exceptions import ClientError

from stepwell import ROLE, ended, waiting


def says(text):
    return json.dumps({"StartAt": "Say", "States": {"Say": {"Type": "Pass", "Result": text, "End": True}}})


def refused(call, **request):
    """The error that a call is answered with."""
    with pytest.raises(ClientError) as refusal:
        call(**request)
    return refusal.value.response


def routes(weights):
    return [{"stateMachineVersionArn": arn, "weight": weight} for arn, weight in weights.items()]


def outputs(client, arn, starts):
    """How often each output came of so many starts."""
    begun = [client.start_execution(stateMachineArn=arn)["executionArn"] for _ in range(starts)]
    found = [json.loads(ended(client, execution)["output"]) for execution in begun]
    return {text: found.count(text) for text in set(found)}


def test_a_new_version_is_let_in_step_by_step(client, unique):
    created = client.create_state_machine(
        name=unique(), definition=says("old"), roleArn=ROLE, publish=True, versionDescription="what there was"
    )
    machine, old = created["stateMachineArn"], created["stateMachineVersionArn"]
    assert old == f"{machine}:1"
    updated = client.update_state_machine(stateMachineArn=machine, definition=says("new"))
    published = client.publish_state_machine_version(stateMachineArn=machine, revisionId=updated["revisionId"])
    new = published["stateMachineVersionArn"]
    assert new == f"{machine}:2"
    assert client.publish_state_machine_version(stateMachineArn=machine) | {"ResponseMetadata": 0} == published | {
        "ResponseMetadata": 0
    }
    described = client.describe_state_machine(stateMachineArn=old)
    assert (described["definition"], described["description"]) == (says("old"), "what there was")

    alias = client.create_state_machine_alias(name="live", routingConfiguration=routes({old: 90, new: 10}))
    live = alias["stateMachineAliasArn"]
    assert live == f"{machine}:live"
    # Both are met in 300 starts, but for one run in 10^13.
    counted = outputs(client, live, 300)
    assert counted["old"] > counted["new"] > 0
    for version, count in ((old, counted["old"]), (new, counted["new"]), (live, 300), (machine, 300)):
        pages = client.get_paginator("list_executions").paginate(stateMachineArn=version)
        listed = [execution for page in pages for execution in page["executions"]]
        assert len(listed) == count
        assert {execution["stateMachineAliasArn"] for execution in listed} == {live}

    client.update_state_machine_alias(stateMachineAliasArn=live, routingConfiguration=routes({new: 100}))
    assert outputs(client, live, 20) == {"new": 20}
    assert outputs(client, old, 1) == {"old": 1}
    listed = client.list_state_machine_aliases(stateMachineArn=new)["stateMachineAliases"]
    assert [item["stateMachineAliasArn"] for item in listed] == [live]
    assert client.list_state_machine_aliases(stateMachineArn=old)["stateMachineAliases"] == []

    conflict = refused(client.delete_state_machine_version, stateMachineVersionArn=new)
    assert conflict["Error"] == {
        "Code": "ConflictException",
        "Message": "Version to be deleted must not be referenced by an alias. Current list of aliases referencing "
        "this version: [live]",
    }
    client.delete_state_machine_version(stateMachineVersionArn=old)
    client.delete_state_machine_alias(stateMachineAliasArn=live)
    client.delete_state_machine_version(stateMachineVersionArn=new)
    assert client.list_state_machine_versions(stateMachineArn=machine)["stateMachineVersions"] == []
    again = client.publish_state_machine_version(stateMachineArn=machine)
    assert again["stateMachineVersionArn"] == f"{machine}:3"


def test_resources_are_tagged(client, create, unique):
    machine = create(says("x"), tags=[{"key": "team", "value": "blue"}])
    activity = client.create_activity(name=unique())["activityArn"]
    for arn, before in ((machine, [{"key": "team", "value": "blue"}]), (activity, [])):
        assert client.list_tags_for_resource(resourceArn=arn)["tags"] == before
        client.tag_resource(resourceArn=arn, tags=[{"key": "team", "value": "red"}, {"key": "stage", "value": ""}])
        tags = client.list_tags_for_resource(resourceArn=arn)["tags"]
        assert tags == [{"key": "team", "value": "red"}, {"key": "stage", "value": ""}]
        client.untag_resource(resourceArn=arn, tagKeys=["team"])
        assert client.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "stage", "value": ""}]
    many = [{"key": f"key{number}", "value": ""} for number in range(50)]
    refusal = refused(client.tag_resource, resourceArn=machine, tags=many)
    assert refusal["Error"]["Code"] == "TooManyTags"
    assert refusal["resourceName"] == machine


def test_what_was_answered_outlives_a_kill(serve):
    server = serve()
    client = server.boto3()
    created = client.create_state_machine(
        name="kept", definition=json.dumps(waiting()), roleArn=ROLE, publish=True, tags=[{"key": "a", "value": "1"}]
    )
    machine, first = created["stateMachineArn"], created["stateMachineVersionArn"]
    second = client.update_state_machine(stateMachineArn=machine, definition=says("two"), publish=True)
    second = second["stateMachineVersionArn"]
    live = client.create_state_machine_alias(
        name="live", description="d", routingConfiguration=routes({first: 99, second: 1})
    )["stateMachineAliasArn"]
    client.create_state_machine_alias(name="gone", routingConfiguration=routes({second: 100}))
    client.delete_state_machine_alias(stateMachineAliasArn=f"{machine}:gone")
    client.update_state_machine_alias(stateMachineAliasArn=live, routingConfiguration=routes({first: 100}))
    client.delete_state_machine_version(stateMachineVersionArn=second)
    held = client.start_execution(stateMachineArn=live, name="held")["executionArn"]
    client.tag_resource(resourceArn=machine, tags=[{"key": "b", "value": "2"}])

    server.kill()
    server.start()
    client = server.boto3()
    versions = client.list_state_machine_versions(stateMachineArn=machine)["stateMachineVersions"]
    assert [version["stateMachineVersionArn"] for version in versions] == [first]
    aliases = client.list_state_machine_aliases(stateMachineArn=machine)["stateMachineAliases"]
    assert [alias["stateMachineAliasArn"] for alias in aliases] == [live]
    alias = client.describe_state_machine_alias(stateMachineAliasArn=live)
    assert (alias["description"], alias["routingConfiguration"]) == ("d", routes({first: 100}))
    execution = client.describe_execution(executionArn=held)
    assert execution["status"] == "RUNNING"
    assert (execution["stateMachineVersionArn"], execution["stateMachineAliasArn"]) == (first, live)
    listed = client.list_executions(stateMachineArn=live)["executions"]
    assert [execution["executionArn"] for execution in listed] == [held]
    tags = client.list_tags_for_resource(resourceArn=machine)["tags"]
    assert tags == [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]
    # The number of a deleted version stays used.
    again = client.publish_state_machine_version(stateMachineArn=machine)
    assert again["stateMachineVersionArn"] == f"{machine}:3"
    client.stop_execution(executionArn=held)
