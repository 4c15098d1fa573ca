"""What AWS says where moto says something else.

Each correction is what AWS does for every client, whatever a case asks for: checks that requests meet before the service sees
them, members and headers that answers have, or don't have.
"""

import io
import json
import re
import uuid

from botocore.loaders import Loader
from botocore.model import ServiceModel

DYNAMODB = ServiceModel(Loader().load_service_model("dynamodb", "service-2"))

# The SDK's model leaves this constraint out.
TABLE_NAME = "[a-zA-Z0-9_.-]+"


def answer(moto, service, environ, start_response):
    """Answers a request as AWS does, with the help of moto."""
    if service == "s3":
        return moto(environ, with_s3_headers(environ["REQUEST_METHOD"], start_response))
    if service not in ("dynamodb", "events", "sqs"):
        return moto(environ, start_response)
    operation = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    request = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) or "{}")
    refusal = REFUSALS.get(service, lambda *_: None)(operation, request)
    if refusal:
        code, message = refusal
        return answered(start_response, "400 Bad Request", {"__type": code, "message": message})
    if (service, operation) == ("events", "PutEvents"):
        return put_events(moto, environ, start_response, request)
    status, headers, reply = asked(moto, environ, request)
    if service == "dynamodb" and status.startswith("200"):
        return answered(start_response, status, without_silent_members(request, json.loads(reply)))
    start_response(status, headers)
    return [reply]


def dynamodb_refusal(operation, request):
    faults = []
    if operation in DYNAMODB.operation_names:
        for name in DYNAMODB.operation_model(operation).input_shape.required_members:
            if request.get(name) is None:
                name = name[0].lower() + name[1:]
                faults.append(f"Value null at '{name}' failed to satisfy constraint: Member must not be null")
    table = request.get("TableName")
    if isinstance(table, str) and not table.startswith("arn:") and not re.fullmatch(TABLE_NAME, table):
        faults.append(
            f"Value '{table}' at 'tableName' failed to satisfy constraint: "
            f"Member must satisfy regular expression pattern: {TABLE_NAME}"
        )
    if faults:
        errors = "error" if len(faults) == 1 else "errors"
        return "ValidationException", f"{len(faults)} validation {errors} detected: {'; '.join(faults)}"


def sqs_refusal(operation, request):
    if operation == "SendMessage" and not request.get("MessageBody"):
        return "MissingParameter", "The request must contain the parameter MessageBody."


REFUSALS = {"dynamodb": dynamodb_refusal, "sqs": sqs_refusal}


def without_silent_members(request, reply):
    """An answer of DynamoDB: it tells of capacity when asked, and of attributes when there are any."""
    if request.get("ReturnConsumedCapacity", "NONE") == "NONE":
        reply.pop("ConsumedCapacity", None)
    if not reply.get("Attributes"):
        reply.pop("Attributes", None)
    return reply


def put_events(moto, environ, start_response, request):
    """Puts the events whose detail is a JSON object; each other one is a failed entry."""
    entries = request.get("Entries", [])
    good = [entry for entry in entries if is_object(entry.get("Detail", "{}"))]
    put = []
    if good:
        status, headers, reply = asked(moto, environ, {**request, "Entries": good})
        if len(good) == len(entries) or not status.startswith("200"):
            start_response(status, headers)
            return [reply]
        put = json.loads(reply)["Entries"]
    failed = {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
    put = iter(put)
    results = [next(put) if entry in good else failed for entry in entries]
    return answered(start_response, "200 OK", {"Entries": results, "FailedEntryCount": len(entries) - len(good)})


def is_object(text):
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def with_s3_headers(method, start_response):
    """Adds what all answers of S3 have, and that what is stored is encrypted, as it is unless told otherwise."""

    def start(status, headers, *rest):
        names = {name.lower() for name, _ in headers}
        headers = [*headers, ("x-amz-id-2", uuid.uuid4().hex)]
        if "etag" in names and "x-amz-server-side-encryption" not in names and method in ("GET", "HEAD", "PUT"):
            headers.append(("x-amz-server-side-encryption", "AES256"))
        return start_response(status, headers, *rest)

    return start


def asked(moto, environ, request):
    """What moto answers to a request."""
    body = json.dumps(request).encode()
    environ = {**environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    started = []
    reply = b"".join(moto(environ, lambda status, headers, *_: started.append((status, headers))))
    [(status, headers)] = started
    return status, headers, reply


def answered(start_response, status, members):
    headers = [("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-RequestId", str(uuid.uuid4()))]
    start_response(status, headers)
    return [json.dumps(members).encode()]
