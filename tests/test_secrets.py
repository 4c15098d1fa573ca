"""What must not be told: the log has no credentials and no parameters, however much is logged."""

import base64
import json

import pytest

from stepwell import ACCOUNT, ROLE, ended, function_arn

# Each stands for a secret of one kind.
SECRETS = {
    "AWS_ACCESS_KEY_ID": "AKIASECRETKEYID",
    "AWS_SECRET_ACCESS_KEY": "secret-of-the-access-key",
    "AWS_SESSION_TOKEN": "secret-of-the-session",
}
CLUSTER_TOKEN = "secret-of-the-cluster"
API_KEY = "secret-of-the-connection"
MESSAGE = "secret-in-the-parameters"
CONNECTION = f"arn:aws:events:us-east-1:{ACCOUNT}:connection/Shop/81210c42-8af1-456b-9c4a-6ff02fc664ac"

CONFIG = f"""
[http]
allow = ["127.0.0.1"]
plain = true
[aws.clusters.own]
endpoint = "https://127.0.0.1:1"
token = "{CLUSTER_TOKEN}"
[connections.Shop]
authorization = "API_KEY"
key_name = "X-Key"
key_value = "{API_KEY}"
"""


def tasks(moto, certificate):
    """Tasks of every kind that reaches out, each with a secret in its parameters."""
    authority = base64.b64encode(certificate[1].read_bytes()).decode()
    here = {"ClusterName": "own", "CertificateAuthority": authority, "Endpoint": "https://127.0.0.1:1"}
    invocation = {"ConnectionArn": CONNECTION}
    return {
        "aws-sdk:secretsmanager:createSecret": {"Name": "n", "SecretString": MESSAGE},
        "aws-sdk:secretsmanager:getSecretValue": {"SecretId": "n"},
        "aws-sdk:s3:putObject": {"Bucket": "nowhere", "Key": MESSAGE, "Body": MESSAGE},
        "sqs:sendMessage": {"QueueUrl": f"{moto}/1/nowhere", "MessageBody": MESSAGE},
        "ecs:runTask.sync": {"TaskDefinition": MESSAGE},
        "batch:submitJob.sync": {"JobName": MESSAGE, "JobQueue": "q", "JobDefinition": "d"},
        "bedrock:invokeModel": {"ModelId": "m", "Body": {"prompt": MESSAGE}},
        "http:invoke": {
            "ApiEndpoint": f"{moto}/{MESSAGE}",
            "Method": "POST",
            "RequestBody": MESSAGE,
            "QueryParameters": {"q": MESSAGE},
            "InvocationConfig": invocation,
        },
        "eks:call": {**here, "Method": "POST", "Path": f"/{MESSAGE}", "RequestBody": MESSAGE},
        "lambda:invoke": {"FunctionName": function_arn("Echo"), "Payload": {"text": MESSAGE}},
    }


@pytest.mark.parametrize("level", ["debug", "trace"])
@pytest.mark.parametrize("style", [(), ("--log-json",)], ids=["lines", "json"])
def test_the_log_has_no_secrets(serve, tmp_path, moto, unique, certificate, level, style):
    config = tmp_path / "stepwell.toml"
    config.write_text(CONFIG)
    environment = {"AWS_ENDPOINT_URL": moto, "STEPWELL_LOG": level, **SECRETS}
    server = serve("--config", config, *style, environment=environment)
    client = server.boto3()
    outcomes = {}
    for resource, parameters in tasks(moto, certificate).items():
        task = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, "End": True}
        definition = json.dumps({"StartAt": "T", "States": {"T": task}})
        machine = client.create_state_machine(name=unique(), definition=definition, roleArn=ROLE)
        data = json.dumps({"note": MESSAGE})
        started = client.start_execution(stateMachineArn=machine["stateMachineArn"], input=data)
        outcomes[resource] = ended(client, started["executionArn"])
    assert outcomes["aws-sdk:secretsmanager:getSecretValue"]["status"] == "SUCCEEDED", outcomes
    server.stop()
    log = server.said()
    assert "called" in log, "calls of AWS are logged at this level"
    for secret in (*SECRETS.values(), CLUSTER_TOKEN, API_KEY, MESSAGE):
        encoded = base64.b64encode(secret.encode()).decode()
        assert [line for line in log.splitlines() if secret in line or encoded in line] == [], secret
