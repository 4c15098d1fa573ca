"""The services that recorded cases need beside Step Functions: moto's, and functions behind API Gateway.

    serve.py < calls > answers

The first line that it writes is {"services": "http://…", "gateway": "http://…"}: where the services answer, and where APIs
do. Each line it reads is a call that AWS's SDK for Python makes, each line it writes what came of one, in any order:

    {"id": 1, "service": "sqs", "operation": "CreateQueue", "parameters": {}, "account": "…", "region": "…"}
    {"id": 1, "answer": {}}, {"id": 1, "refusal": {}} or {"id": 1, "trouble": "…"}

A line {"lambda": "http://…"} says who answers for Lambda, a line {"forget": true} makes moto as it was at first. It ends with
its input.
"""

import base64
import concurrent.futures
import datetime
import functools
import io
import json
import os
import sys
import threading
import urllib.request
import zipfile

AT_A_TIME = 16


def main():
    # What moto prints is no answer.
    answers, sys.stdout = sys.stdout, sys.stderr
    import application
    import gateway

    functions = application.Functions()
    address = address_of(application.serve(functions))
    print(json.dumps({"services": address, "gateway": address_of(gateway.serve(functions))}), file=answers, flush=True)
    writing = threading.Lock()

    def answer(call):
        text = json.dumps({"id": call["id"], **outcome(address, call)}, default=plain)
        with writing:
            print(text, file=answers, flush=True)

    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        for line in sys.stdin:
            order = json.loads(line)
            if "lambda" in order:
                functions.address = order["lambda"]
            elif "forget" in order:
                urllib.request.urlopen(urllib.request.Request(f"{address}/moto-api/reset", method="POST")).close()
            else:
                pool.submit(answer, order)


def address_of(server):
    return f"http://127.0.0.1:{server.server_port}"


def outcome(address, call):
    from botocore import xform_name
    from botocore.exceptions import ClientError

    try:
        client = client_of(address, call["service"], call["account"], call["region"])
        return {"answer": getattr(client, xform_name(call["operation"]))(**blobs(call["parameters"]))}
    except ClientError as error:
        return {"refusal": error.response}
    except Exception as error:
        return {"trouble": f"{type(error).__name__}: {error}"}


@functools.lru_cache(maxsize=200)
def client_of(address, service, account, region):
    """A client whose access key is the account, which is how the services are told."""
    import boto3
    from botocore.config import Config

    with MAKING:
        return boto3.session.Session().client(
            service,
            region_name=region,
            aws_access_key_id=account,
            aws_secret_access_key="recorded",
            endpoint_url=address,
            config=Config(inject_host_prefix=False, retries={"total_max_attempts": 2}, s3={"addressing_style": "path"}),
        )


# Sessions of boto3 must not be made by two threads at once.
MAKING = threading.Lock()


def blobs(value):
    """Parameters with the blobs that cases describe."""
    if isinstance(value, list):
        return [blobs(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "$bytes" in value:
        return value["$bytes"].encode()
    if "$base64" in value:
        return base64.b64decode(value["$base64"])
    if "$zip" in value:
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as files:
            for name, text in value["$zip"].items():
                files.writestr(name, text)
        return package.getvalue()
    return {name: blobs(member) for name, member in value.items()}


def plain(value):
    """What JSON has no form for: moments, blobs, streams."""
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if hasattr(value, "read"):
        value = value.read()
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return str(value)


if __name__ == "__main__":
    # Nothing but the services here may be asked for credentials.
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    main()
