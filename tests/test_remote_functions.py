"""Functions that are elsewhere: a second server is the Lambda of the first."""

import json
import shutil

import pytest

from stepwell import CREDENTIALS, FUNCTIONS, ROLE, ended, function_arn


@pytest.fixture
def near(serve, tmp_path):
    """A server with one function of its own; all others are those of another."""
    far = serve(folder="far")
    own = tmp_path / "own" / "Raise"
    own.mkdir(parents=True)
    own.joinpath("handler.py").write_text("def handler(event, context):\n    return 'the one that is here'\n")
    shutil.copytree(FUNCTIONS / "Echo", tmp_path / "own" / "OnlyHere")
    environment = {"AWS_ENDPOINT_URL_LAMBDA": far.url, **CREDENTIALS}
    return serve(folder="near", functions=tmp_path / "own", environment=environment)


def run(server, unique, task, data=None):
    client = server.boto3()
    definition = {"StartAt": "T", "States": {"T": {"Type": "Task", "End": True, **task}}}
    machine = client.create_state_machine(name=unique(), definition=json.dumps(definition), roleArn=ROLE)
    started = client.start_execution(stateMachineArn=machine["stateMachineArn"], input=json.dumps(data or {}))
    return ended(client, started["executionArn"])


def invoke(**parameters):
    return {"Resource": "arn:aws:states:::lambda:invoke", "Parameters": parameters}


@pytest.mark.parametrize(
    "name",
    ["Echo", "Echo:$LATEST", "000000000000:function:Echo", function_arn("Echo"), function_arn("Echo") + ":$LATEST"],
)
def test_functions_elsewhere_are_called_by_any_of_their_names(near, unique, name):
    given = {"tea": ["grün", 1.5, None]}
    result = run(near, unique, invoke(FunctionName=name, Payload=given, LogType="Tail"))
    assert result["status"] == "SUCCEEDED", result
    output = json.loads(result["output"])
    assert (output["Payload"], output["ExecutedVersion"], output["StatusCode"]) == (given, "$LATEST", 200)
    assert output["SdkHttpMetadata"]["HttpHeaders"]["x-amzn-RequestId"] == output["SdkResponseMetadata"]["RequestId"]
    assert "LogResult" in output


def test_a_qualifier_may_stand_apart(near, unique):
    result = run(near, unique, invoke(FunctionName="Echo", Qualifier="$LATEST", Payload={}))
    assert result["status"] == "SUCCEEDED", result


def test_the_resource_may_be_the_function(near, unique):
    result = run(near, unique, {"Resource": function_arn("Echo")}, {"n": 1})
    assert json.loads(result["output"]) == {"n": 1}


def test_a_function_that_is_here_comes_first(near, unique):
    result = run(near, unique, invoke(FunctionName="Raise", Payload={}))
    assert json.loads(result["output"])["Payload"] == "the one that is here"


def test_errors_are_those_of_functions_that_are_here(near, server, unique):
    for task in (invoke(FunctionName="Die", Payload={}), {"Resource": function_arn("Die")}):
        result = run(near, unique, task)
        assert (result["status"], result["error"]) == ("FAILED", "Runtime.ExitError"), result
    raising = {"Resource": function_arn("Flood")}
    assert json.loads(run(near, unique, raising)["output"]) == "done"
    for task in (invoke(FunctionName="Nobody", Payload={}), {"Resource": function_arn("Nobody")}):
        result = run(near, unique, task)
        assert result["error"] == "Lambda.ResourceNotFoundException"
        beginning = f"Function not found: {function_arn('Nobody')} (Service: AWSLambda; Status Code: 404; "
        assert result["cause"].startswith(beginning), result
        assert result["cause"].endswith("; Proxy: null)")
        assert run(server, unique, task)["error"] == result["error"]
    huge = {"Resource": function_arn("Huge")}
    assert run(near, unique, huge, {"length": 300_000})["error"] == "States.DataLimitExceeded"


def test_a_lambda_that_is_gone_is_an_error_of_the_client(serve, unique):
    environment = {"AWS_ENDPOINT_URL_LAMBDA": "http://127.0.0.1:1", **CREDENTIALS}
    alone = serve(functions=None, environment=environment)
    result = run(alone, unique, invoke(FunctionName="Echo", Payload={}))
    assert result["error"] == "Lambda.SdkClientException"
    assert "no connection to 127.0.0.1:1" in result["cause"], result
