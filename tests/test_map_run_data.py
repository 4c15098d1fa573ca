"""What Distributed Maps read from S3 and write to it, which is moto's."""

import gzip
import json

import pytest

import stepwell
from stepwell import CREDENTIALS, ROLE, Server, ended, wait_for

PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
DOUBLE = {
    "StartAt": "P",
    "States": {"P": {"Type": "Pass", "Parameters": {"l.$": "States.Array($, $)"}, "OutputPath": "$.l", "End": True}},
}
FAIL_ODD = {
    "StartAt": "C",
    "States": {
        "C": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.n", "NumericEquals": 1, "Next": "F"}],
            "Default": "P",
        },
        "F": {"Type": "Fail", "Error": "Odd", "Cause": "it is one"},
        "P": {"Type": "Pass", "End": True},
    },
}


@pytest.fixture(scope="module")
def client(moto, tmp_path_factory):
    """A client of a server whose Distributed Maps read from moto and write to it."""
    environment = {"AWS_ENDPOINT_URL": moto, **CREDENTIALS}
    server = Server(tmp_path_factory.mktemp("server"), functions=stepwell.FUNCTIONS, environment=environment)
    server.start()
    yield server.boto3()
    server.end()


@pytest.fixture
def bucket(service, unique):
    """A bucket of this test: puts objects into it by name and content, and gives its name."""
    name = unique().lower().replace("_", "-")[-60:].strip("-")
    service("s3").create_bucket(Bucket=name)

    def put(**objects):
        for key, body in objects.items():
            service("s3").put_object(Bucket=name, Key=key.replace("__", "/"), Body=body)
        return name

    return put


def distributed(processor=PASS, **fields):
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **processor}
    return {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": processor, "End": True, **fields}}}


def reader(bucket, config, action="getObject", **place):
    parameters = {"Bucket": bucket, **place}
    return {"Resource": f"arn:aws:states:::s3:{action}", "ReaderConfig": config, "Parameters": parameters}


@pytest.mark.parametrize(
    "key, body, config, items",
    [
        (
            "a.csv",
            'x,y\n1,"a, ""b"""\n2\n3,c,d\n',
            {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
            [{"x": "1", "y": 'a, "b"'}, {"x": "2", "y": ""}, {"x": "3", "y": "c"}],
        ),
        (
            "given.csv",
            "1|2\n3|4\n",
            {"InputType": "CSV", "CSVDelimiter": "PIPE", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a", "b"]},
            [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}],
        ),
        ("a.json", '[1, {"a": "ü"}, [2]]', {"InputType": "JSON"}, [1, {"a": "ü"}, [2]]),
        ("o.json", '{"a": 1, "b": [2]}', {"InputType": "JSON"}, [{"Key": "a", "Value": 1}, {"Key": "b", "Value": [2]}]),
        ("p.json", '{"x": 0, "in": {"here": [5, 6]}}', {"InputType": "JSON", "ItemsPointer": "/in/here"}, [5, 6]),
        ("a.jsonl", '{"n": 1}\n{"n": 2}\n\n', {"InputType": "JSONL"}, [{"n": 1}, {"n": 2}]),
        ("a.jsonl.gz", gzip.compress(b"1\n2\n3\n", mtime=0), {"InputType": "JSONL"}, [1, 2, 3]),
        ("most.json", "[1, 2, 3, 4]", {"InputType": "JSON", "MaxItems": 2}, [1, 2]),
        ("none.csv", "", {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}, []),
    ],
)
def test_items_are_read_from_an_object(execute, bucket, key, body, config, items):
    name = bucket(**{key: body})
    result = execute(distributed(ItemReader=reader(name, config, Key=key)))
    assert result["status"] == "SUCCEEDED", result
    assert json.loads(result["output"]) == items


def test_items_are_read_over_several_ranges(execute, bucket):
    rows = [{"n": number, "pad": "x" * 40_000} for number in range(250)]
    name = bucket(big="\n".join(map(json.dumps, rows)))
    selector = {"n.$": "$$.Map.Item.Value.n", "source.$": "$$.Map.Item.Source"}
    definition = distributed(ItemReader=reader(name, {"InputType": "JSONL"}, Key="big"), ItemSelector=selector)
    result = execute(definition, seconds=120)
    assert result["status"] == "SUCCEEDED", result
    source = f"S3://{name}/big"
    assert json.loads(result["output"]) == [{"n": number, "source": source} for number in range(250)]


def test_listings_are_read(execute, bucket):
    name = bucket(in__a="x\n1\n", in__b="x\n2\n3\n", out="no")
    definition = distributed(ItemReader=reader(name, {}, action="listObjectsV2", Prefix="in/"))
    del definition["States"]["M"]["ItemReader"]["ReaderConfig"]
    entries = json.loads(execute(definition)["output"])
    assert [list(entry) for entry in entries] == 2 * [["Etag", "Key", "LastModified", "Size", "StorageClass"]]
    assert [(entry["Key"], entry["Size"]) for entry in entries] == [("in/a", 4), ("in/b", 6)]
    config = {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "Transformation": "LOAD_AND_FLATTEN"}
    definition = distributed(ItemReader=reader(name, config, action="listObjectsV2", Prefix="in/"))
    assert json.loads(execute(definition)["output"]) == [{"x": "1"}, {"x": "2"}, {"x": "3"}]


def test_manifests_lead_to_items(execute, bucket):
    name = bucket(o1='{"a": 1}\n', o2='{"a": 2}\n{"a": 3}\n')
    bucket(athena=f"s3://{name}/o1\ns3://{name}/o2\n")
    config = {"InputType": "JSONL", "ManifestType": "ATHENA_DATA"}
    result = execute(distributed(ItemReader=reader(name, config, Key="athena")))
    assert json.loads(result["output"]) == [{"a": 1}, {"a": 2}, {"a": 3}]
    manifest = {
        "destinationBucket": f"arn:aws:s3:::{name}",
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key",
        "files": [{"key": "data.csv.gz"}],
    }
    bucket(manifest=json.dumps(manifest), **{"data.csv.gz": gzip.compress(b'"b","k1"\n"b","k2"\n')})
    for config in ({"InputType": "MANIFEST"}, {"ManifestType": "S3_INVENTORY"}):
        result = execute(distributed(ItemReader=reader(name, config, Key="manifest")))
        assert result["status"] == "SUCCEEDED", result
        assert json.loads(result["output"]) == [{"Bucket": "b", "Key": "k1"}, {"Bucket": "b", "Key": "k2"}]


@pytest.mark.parametrize(
    "body, config, cause",
    [
        (None, {"InputType": "JSON"}, "(Service: S3, Status Code: 404, Request ID: "),
        ("7", {"InputType": "JSON"}, "Attempting to map over non-iterable node."),
        ("a,a\n1,2\n", {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}, "CSV headers cannot contain duplicates."),
    ],
)
def test_what_cannot_be_read_fails_the_map(execute, bucket, body, config, cause):
    name = bucket() if body is None else bucket(k=body)
    result = execute(distributed(ItemReader=reader(name, config, Key="k")))
    assert (result["status"], result["error"]) == ("FAILED", "States.ItemReaderFailed")
    assert cause in result["cause"]


def test_parquet_is_refused_when_it_is_created(create, client):
    definition = distributed(ItemReader=reader("b", {"InputType": "PARQUET"}, Key="k"))
    with pytest.raises(client.exceptions.InvalidDefinition, match="PARQUET"):
        create(definition)


@pytest.mark.parametrize(
    "config, end, written",
    [
        ({"Transformation": "COMPACT", "OutputType": "JSON"}, "json", "[[1,1],[2,2]]"),
        ({"Transformation": "FLATTEN", "OutputType": "JSON"}, "json", "[1,1,2,2]"),
        ({"Transformation": "FLATTEN", "OutputType": "JSONL"}, "jsonl", "1\n1\n2\n2\n"),
    ],
)
def test_results_are_written_in_their_form(execute, bucket, service, config, end, written):
    name = bucket()
    writer = {
        "Resource": "arn:aws:states:::s3:putObject",
        "Parameters": {"Bucket": name, "Prefix": "p"},
        "WriterConfig": config,
    }
    result = execute(distributed(DOUBLE, ResultWriter=writer), input=[1, 2])
    assert result["status"] == "SUCCEEDED", result
    folder = json.loads(result["output"])["ResultWriterDetails"]["Key"].removesuffix("/manifest.json")
    body = service("s3").get_object(Bucket=name, Key=f"{folder}/SUCCEEDED_0.{end}")["Body"].read()
    assert body.decode() == written


def test_results_are_written_with_all_that_is_known(execute, bucket, service, client):
    name = bucket()
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": name, "Prefix": "runs"}}
    definition = distributed(FAIL_ODD, ResultWriter=writer, ToleratedFailureCount=1, Label="L")
    result = execute(definition, input=[{"n": 0}, {"n": 1}, {"n": 2}])
    assert result["status"] == "SUCCEEDED", result
    output = json.loads(result["output"])
    run = output["MapRunArn"]
    folder = f"runs/{run.rsplit(':', 1)[1]}"
    assert output == {
        "MapRunArn": run,
        "ResultWriterDetails": {"Bucket": name, "Key": f"{folder}/manifest.json"},
    }

    def read(key):
        return json.loads(service("s3").get_object(Bucket=name, Key=key)["Body"].read())

    manifest = read(f"{folder}/manifest.json")
    assert (manifest["DestinationBucket"], manifest["MapRunArn"]) == (name, run)
    assert manifest["ResultFiles"]["PENDING"] == []
    succeeded, failed = (read(manifest["ResultFiles"][group][0]["Key"]) for group in ("SUCCEEDED", "FAILED"))
    assert [(child["Input"], child["Output"]) for child in succeeded] == [('{"n":0}',) * 2, ('{"n":2}',) * 2]
    assert [(child["Error"], child["Cause"], child["Status"]) for child in failed] == [("Odd", "it is one", "FAILED")]
    assert list(failed[0]) == sorted(failed[0])
    counts = client.describe_map_run(mapRunArn=run)["itemCounts"]
    assert counts["resultsWritten"] == 3


def test_results_that_cannot_be_written_fail_the_map(execute):
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "no-such-bucket-anywhere"}}
    result = execute(distributed(ResultWriter=writer), input=[1])
    assert (result["status"], result["error"]) == ("FAILED", "States.ResultWriterFailed")
    assert "(Service: S3, Status Code: 404, Request ID: " in result["cause"]


def test_a_killed_server_goes_on_reading_and_writing(serve, moto, bucket, service, unique):
    name = bucket(rows="n\n" + "".join(f"{number}\n" for number in range(300)))
    server = serve(environment={"AWS_ENDPOINT_URL": moto, **CREDENTIALS})
    client = server.boto3()
    wait = {
        "StartAt": "W",
        "States": {"W": {"Type": "Wait", "Seconds": 1, "Next": "P"}, "P": {"Type": "Pass", "End": True}},
    }
    config = {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}
    writer = {
        "Resource": "arn:aws:states:::s3:putObject",
        "Parameters": {"Bucket": name},
        "WriterConfig": {"Transformation": "COMPACT", "OutputType": "JSON"},
    }
    definition = distributed(wait, MaxConcurrency=60, ItemReader=reader(name, config, Key="rows"), ResultWriter=writer)
    machine = client.create_state_machine(name=unique(), roleArn=ROLE, definition=json.dumps(definition))
    execution = client.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]

    def counts():
        runs = client.list_map_runs(executionArn=execution)["mapRuns"]
        return runs and client.describe_map_run(mapRunArn=runs[0]["mapRunArn"])["itemCounts"]

    wait_for("some items are done", lambda: counts() and counts()["succeeded"] >= 60)
    server.kill()
    server.start()
    client = server.boto3()
    result = ended(client, execution, 90)
    assert result["status"] == "SUCCEEDED", result
    assert counts()["succeeded"] == counts()["total"] == 300
    folder = json.loads(result["output"])["ResultWriterDetails"]["Key"].removesuffix("/manifest.json")
    written = service("s3").get_object(Bucket=name, Key=f"{folder}/SUCCEEDED_0.json")["Body"].read()
    assert json.loads(written) == [{"n": str(number)} for number in range(300)]
