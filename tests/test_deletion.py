"""A state machine that is deleted while executions of it run, across a kill."""

import json

from stepwell import ROLE, ended, wait_for, waiting

# Long enough that the server is back before the first state is over, on a slow machine too.
HOLD_SECONDS = 5

HOLDS_TWICE = {
    "StartAt": "First",
    "States": {
        "First": {"Type": "Wait", "Seconds": HOLD_SECONDS, "Next": "Second"},
        "Second": {"Type": "Wait", "Seconds": 3600, "End": True},
    },
}


def test_a_deleted_machine_goes_with_its_last_execution(serve):
    server = serve()
    client = server.boto3()
    created = client.create_state_machine(
        name="leaving", definition=json.dumps(HOLDS_TWICE), roleArn=ROLE, publish=True
    )
    machine, version = created["stateMachineArn"], created["stateMachineVersionArn"]
    execution = client.start_execution(stateMachineArn=version)["executionArn"]
    client.delete_state_machine(stateMachineArn=machine)
    server.kill()
    server.start()
    client = server.boto3()

    assert client.describe_state_machine(stateMachineArn=version)["status"] == "DELETING"
    for name in (machine, version):
        try:
            client.start_execution(stateMachineArn=name)
        except client.exceptions.StateMachineDeleting:
            continue
        raise AssertionError(f"{name} was started")
    # The state that it is in is let end; there is no next one.
    described = ended(client, execution)
    assert described["status"] == "ABORTED"
    assert described["stateMachineVersionArn"] == version
    types = [event["type"] for event in client.get_execution_history(executionArn=execution)["events"]]
    assert types == ["ExecutionStarted", "WaitStateEntered", "WaitStateExited", "ExecutionAborted"]

    def gone():
        try:
            client.describe_state_machine(stateMachineArn=machine)
        except client.exceptions.StateMachineDoesNotExist:
            return True

    wait_for("the machine is gone", gone)
    client.create_state_machine(name="leaving", definition=json.dumps(waiting()), roleArn=ROLE)
    assert client.list_state_machine_versions(stateMachineArn=machine)["stateMachineVersions"] == []
