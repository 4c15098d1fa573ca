"""Differential: random requests and answers of every operation, here against botocore.

    cargo build -p aws --example wire
    python -m awsfacts.differential --wire ../../../target/debug/examples/wire [--seed N] [--one-in N] [--only SERVICE]
    python -m awsfacts.differential --wire ../../../target/debug/examples/wire --freeze ../tests/data/wire.json

Requests are compared in meaning with those of botocore's serialisers; answers, made by moto's serialisers, are parsed
by both, and so are the endpoints of every service in every region. It fails when anything differs for which there is no reason below.
"""

import argparse
import base64
import collections
import json
import pathlib
import random
import subprocess
import sys
import urllib.parse
import xml.etree.ElementTree

import botocore.parsers
import botocore.serialize
import botocore.session
import moto.core.model
import moto.core.serialize
from botocore.awsrequest import HeadersDict
from botocore.endpoint_provider import EndpointProvider

from awsfacts import endpoints, facts, naming, samples


# Operations whose requests and answers are kept as examples.
FROZEN = {
    "dynamodb": ["PutItem", "Query"],
    "sqs": ["SendMessage", "ReceiveMessage"],
    "stepfunctions": ["StartExecution", "DescribeExecution"],
    "kms": ["Encrypt"],
    "lambda": ["Invoke", "GetFunction"],
    "batch": ["SubmitJob"],
    "lex-runtime": ["PostContent"],
    "dataexchange": ["SendApiAsset"],
    "appconfigdata": ["GetLatestConfiguration"],
    "s3control": ["GetAccessPoint"],
    "s3": ["PutObject", "GetObject", "PutBucketAcl", "ListObjectsV2", "DeleteObjects"],
    "route53": ["ChangeResourceRecordSets", "ListHostedZones"],
    "cloudfront": ["CreateInvalidation"],
    "iam": ["CreateRole", "GetRole"],
    "sns": ["Publish", "GetTopicAttributes"],
    "sts": ["AssumeRole"],
    "rds": ["CreateDBInstance"],
    "ec2": ["RunInstances", "DescribeInstances", "AuthorizeSecurityGroupIngress"],
    "eventbridgev2": ["CreateEventBus", "CreateSubscriber", "DeleteEventBus"],
}


class Wire:
    """The program that is compared."""

    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, **question):
        self.process.stdin.write(json.dumps(question).encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--wire", required=True)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--one-in", type=int, default=1)
    options.add_argument("--only", default="")
    options.add_argument("--show", type=int, default=20, help="how many differences are printed")
    options.add_argument("--freeze", help="writes the examples of some operations to this file")
    options = options.parse_args()
    loader = botocore.session.get_session().get_component("data_loader")
    wire = Wire(options.wire)
    counts = collections.Counter()
    shown = 0
    frozen = []
    for name in loader.list_available_services("service-2"):
        if name in naming.LEFT_OUT or (options.only and name != options.only):
            continue
        service = moto.core.model.ServiceModel(loader.load_service_model(name, "service-2"), name)
        for operation in service.operation_names:
            dice = random.Random(f"{options.seed} {name} {operation}")
            if options.freeze and operation not in FROZEN.get(name, []):
                continue
            if dice.randrange(options.one_in):
                continue
            comparison = Comparison(wire, service, operation, dice)
            for part, compare in (("request", comparison.request), ("answer", comparison.answer)):
                outcome, *detail = compare()
                counts[comparison.protocol, part, outcome] += 1
                if outcome == "different" and shown < options.show:
                    shown += 1
                    print(f"{name} {operation} {part}", *[str(text)[:2000] for text in detail], sep="\n    ")
            frozen += comparison.examples
    if options.freeze:
        lines = ",\n".join(json.dumps(example, ensure_ascii=False) for example in frozen)
        pathlib.Path(options.freeze).write_text(f"[\n{lines}\n]\n")
    report(counts)
    if not options.freeze:
        compare_endpoints(wire, loader, counts, options.only)
    sys.exit(any(outcome == "different" for _, _, outcome in counts))


def compare_endpoints(wire, loader, counts, only):
    """Every service's host in every region."""
    partitions = loader.load_data("partitions")
    regions = endpoints.known_regions(loader)
    for name in loader.list_available_services("service-2"):
        if name in naming.LEFT_OUT or (only and name != only):
            continue
        service = facts.service(loader, name)
        rules = loader.load_service_model(name, "endpoint-rule-set-1")
        provider = EndpointProvider(rules, partitions)
        for region in regions:
            wanted = endpoints.resolve(provider, rules, service, region)
            if wanted is None:
                counts["endpoint", "", "wants more than a region"] += 1
                continue
            found = wire.ask(service=service.asl_id, region=region)
            outcome = "same" if found == list(wanted) else "different"
            counts["endpoint", "", outcome] += 1
            if outcome == "different":
                print(f"{name} in {region}: wanted {wanted}, found {found}")
    print("endpoints", {outcome: count for (kind, _, outcome), count in counts.items() if kind == "endpoint"})


def report(counts):
    outcomes = ["same", "different", "no output", "event stream", "peer fails"]
    print(f"{'protocol':20} {'part':8}", *[f"{outcome:>12}" for outcome in outcomes])
    for protocol in facts.PROTOCOLS:
        for part in ("request", "answer"):
            print(f"{protocol:20} {part:8}", *[f"{counts[protocol, part, outcome]:12,}" for outcome in outcomes])


class Comparison:
    """One operation."""

    def __init__(self, wire, service, name, dice):
        self.wire = wire
        self.model = service.operation_model(name)
        self.names = {"service": naming.service_prefix(service.metadata["serviceId"]).lower()}
        self.names["action"] = name[:1].lower() + name[1:]
        spoken = service.metadata.get("protocols", [service.metadata["protocol"]])
        self.protocol = next(protocol for protocol in facts.PROTOCOLS if protocol in spoken)
        self.samples = samples.Samples(dice)
        self.examples = []

    def request(self):
        shape = self.model.input_shape
        if self.model.has_event_stream_input or self.model.has_event_stream_output:
            return ("event stream",)
        value = self.samples.structure(shape) if shape else {}
        if self.names["service"] == "ec2":
            value.pop("DryRun", None)
        serializer = botocore.serialize.SERIALIZERS[self.protocol]()
        wanted = self.wanted_request(serializer.serialize_to_request(value, self.model), value)
        parameters = samples.plain(shape, value, samples.as_text) if shape else {}
        got = self.wire.ask(**self.names, parameters=parameters)
        if "error" in got:
            return "different", got["error"], parameters
        self.examples.append({**self.names, "parameters": parameters, "request": got})
        found = {
            "method": got["method"],
            "host_prefix": got["host_prefix"],
            "path": got["path"],
            "query": sorted(tuple(pair) for pair in got["query"]),
            "headers": {name.lower(): value for name, value in got["headers"]},
            "body": self.body(base64.b64decode(got["body"])),
        }
        self.leave_out(found, wanted)
        return ("same",) if found == wanted else ("different", first_difference(wanted, found), parameters)

    def wanted_request(self, request, value):
        path, _, query = request["url_path"].partition("?")
        pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
        for name, values in (request["query_string"] or {}).items():
            pairs += [(name, str(item)) for item in (values if isinstance(values, list) else [values])]
        body = request["body"]
        payload = self.payload(self.model.input_shape)
        if payload and payload in value and self.is_streaming(payload):
            # AWS sends the JSON of the parameter.
            body = value[payload].decode() if isinstance(value[payload], bytes) else value[payload]
            body = json.dumps(body, ensure_ascii=False).encode()
        return {
            "method": request["method"],
            "host_prefix": request.get("host_prefix"),
            "path": path,
            "query": sorted(pairs),
            "headers": {name.lower(): value for name, value in request["headers"].items()},
            "body": self.body(body),
        }

    @staticmethod
    def payload(shape):
        name = shape.serialization.get("payload") if shape else None
        return name if name and shape.members[name].type_name in ("blob", "string") else None

    def is_streaming(self, payload):
        return bool(self.model.input_shape.members[payload].serialization.get("streaming"))

    def leave_out(self, found, wanted):
        """botocore names no type where Java does: of XML, and of a body that is a text."""
        xml = self.protocol == "rest-xml"
        if "content-type" not in wanted["headers"] and (xml or self.payload(self.model.input_shape)):
            found["headers"].pop("content-type", None)

    def body(self, body):
        if isinstance(body, dict):
            return {name: number_or_text(value) for name, value in body.items()}
        if self.protocol in ("query", "ec2"):
            pairs = urllib.parse.parse_qsl(body.decode(), keep_blank_values=True)
            return {name: number_or_text(value) for name, value in pairs}
        if self.payload(self.model.input_shape):
            return body
        if self.protocol == "smithy-rpc-v2-cbor":
            parser = botocore.parsers.RpcV2CBORParser()
            return parser.parse_data_item(parser.get_peekable_stream_from_bytes(body)) if body else None
        if self.protocol == "rest-xml":
            return element(xml.etree.ElementTree.fromstring(body)) if body else None
        return json.loads(body) if body else None

    def answer(self):
        shape = self.model.output_shape
        if self.model.has_event_stream_input or self.model.has_event_stream_output:
            return ("event stream",)
        if not shape:
            return ("no output",)
        value = self.samples.structure(shape)
        parser = botocore.parsers.create_parser(self.protocol)
        try:
            response = self.response(value)
            body = response["body"]
            body = body if isinstance(body, bytes) else body.encode()
            headers = [(name, str(text)) for name, text in response["headers"].items()]
            parts = {"headers": HeadersDict(headers), "body": body, "status_code": response["status_code"]}
            wanted = parser.parse(parts, shape)
        except Exception:  # moto makes no answers of streams and some documents
            return ("peer fails",)
        wanted.pop("ResponseMetadata", None)
        wanted = samples.plain(shape, wanted, samples.as_milliseconds)
        answer = {"status": response["status_code"], "headers": headers, "body": base64.b64encode(body).decode()}
        if "<Element" in repr(wanted):  # botocore's parser takes two elements for one value
            return ("peer fails",)
        found = self.wire.ask(**self.names, answer=answer)
        self.examples.append({**self.names, "answer": answer, "result": found})
        return ("same",) if found == wanted else ("different", first_difference(wanted, found), body)

    def response(self, value):
        if self.protocol == "smithy-rpc-v2-cbor":
            body = bytearray()
            botocore.serialize.SERIALIZERS[self.protocol]()._serialize_data_item(
                body, value, self.model.output_shape
            )
            return {"body": bytes(body), "headers": {}, "status_code": 200}
        made = moto.core.serialize.SERIALIZERS[self.protocol](self.model)
        return made.serialize(value)


def number_or_text(value):
    if isinstance(value, float):
        return value
    try:
        return float(value) if "." in str(value) or "e" in str(value) else str(value)
    except ValueError:
        return str(value)


def element(node):
    children = sorted((element(child) for child in node), key=repr)
    return node.tag, sorted(node.attrib.items()), number_or_text(node.text or "") if not children else "", children


def first_difference(wanted, found, path=""):
    if type(wanted) is not type(found):
        return f"{path}: wanted {wanted!r}, found {found!r}"
    if isinstance(wanted, dict):
        for name in [*wanted, *found]:
            if wanted.get(name) != found.get(name):
                return first_difference(wanted.get(name), found.get(name), f"{path}.{name}")
    if isinstance(wanted, (list, tuple)) and len(wanted) == len(found):
        for index, (left, right) in enumerate(zip(wanted, found)):
            if left != right:
                return first_difference(left, right, f"{path}[{index}]")
    return f"{path}: wanted {wanted!r}, found {found!r}"


if __name__ == "__main__":
    main()
