"""Facts: what a client has to know of each service, out of botocore's models, without their documentation."""

import dataclasses

from awsfacts import naming

PROTOCOLS = ["json", "rest-json", "rest-xml", "query", "ec2", "smithy-rpc-v2-cbor"]
LOCATIONS = [None, "uri", "querystring", "header", "headers", "statusCode"]
TIMESTAMPS = [None, "iso8601", "unixTimestamp", "rfc822"]
SIGNATURES = ["v4", "s3v4", "v2", "bearer"]
SCALARS = {"boolean", "integer", "long", "float", "double", "string", "blob", "timestamp"}

# Limits in which Step Functions was seen to be behind the models: (service, shape) to its least and most.
LIMITS = {("Lambda", "MemorySize"): (128, 10240)}


@dataclasses.dataclass
class Member:
    name: str
    asl_name: str
    wire_name: str
    shape: int
    required: bool = False
    location: int = 0
    idempotency_token: bool = False
    streaming: bool = False
    json_value: bool = False
    xml_attribute: bool = False
    host_label: bool = False
    flattened: bool = False
    event_payload: bool = False
    query_name: str = ""
    xml_prefix: str = ""
    xml_namespace: str = ""


@dataclasses.dataclass
class Shape:
    kind: str
    members: list = dataclasses.field(default_factory=list)
    payload: int = 0  # one more than the index of the member that is the body
    union: bool = False
    event_stream: bool = False
    item: int = 0
    item_name: str = ""
    key: int = 0
    key_name: str = ""
    value: int = 0
    value_name: str = ""
    flattened: bool = False
    sparse: bool = False
    timestamp: int = 0
    least: object = None
    most: object = None
    enum: list = dataclasses.field(default_factory=list)

    def refers(self):
        """The shapes this one is made of, by place."""
        if self.kind == "structure":
            return [member.shape for member in self.members]
        if self.kind == "list":
            return [self.item]
        if self.kind == "map":
            return [self.key, self.value]
        return []

    def redirect(self, to):
        for member in self.members:
            member.shape = to[member.shape]
        if self.kind == "list":
            self.item = to[self.item]
        if self.kind == "map":
            self.key, self.value = to[self.key], to[self.value]


@dataclasses.dataclass
class Operation:
    name: str
    method: str
    uri: str
    input: int | None
    output: int | None
    input_name: str = ""
    input_namespace: str = ""
    result_wrapper: str = ""
    host_prefix: str = ""
    checksum_member: str = ""
    checksum_required: bool = False
    unsigned_payload: bool = False
    anonymous: bool = False
    deprecated: bool = False
    event_stream: bool = False


@dataclasses.dataclass
class Failure:
    code: str
    name: str


@dataclasses.dataclass
class Service:
    asl_id: str
    prefix: str
    botocore: str
    service_id: str
    signing_name: str
    endpoint_prefix: str
    protocol: int
    signature: int
    json_version: str
    target_prefix: str
    api_version: str
    xml_namespace: str
    query_compatible: bool
    shapes: list
    operations: list
    failures: list


def service(loader, name):
    """The facts of one service. The loader, not the file, because it merges what Amazon adds for its SDKs."""
    model = loader.load_service_model(name, "service-2")
    metadata = model["metadata"]
    prefix = naming.service_prefix(metadata["serviceId"])
    spoken = metadata.get("protocols", [metadata["protocol"]])
    shapes = Shapes(model)
    operations = [shapes.operation(action, facts) for action, facts in sorted(model["operations"].items())]
    shapes.share(operations)
    signature = {"s3": "s3v4"}.get(metadata["signatureVersion"], metadata["signatureVersion"])
    return Service(
        asl_id=prefix.lower(),
        prefix=prefix,
        botocore=name,
        service_id=metadata["serviceId"],
        signing_name=metadata.get("signingName", metadata["endpointPrefix"]),
        endpoint_prefix=metadata["endpointPrefix"],
        protocol=next(index for index, protocol in enumerate(PROTOCOLS) if protocol in spoken),
        signature=SIGNATURES.index(signature),
        json_version=metadata.get("jsonVersion", ""),
        target_prefix=metadata.get("targetPrefix", ""),
        api_version=metadata["apiVersion"],
        xml_namespace=namespace(metadata)[1],
        query_compatible="awsQueryCompatible" in metadata,
        shapes=shapes.shapes,
        operations=operations,
        failures=failures(model),
    )


def failures(model):
    """Errors by their codes, and by their shapes' names, which services that left the query protocol send instead."""
    service_id = model["metadata"]["serviceId"]
    shapes = {shape: facts for shape, facts in model["shapes"].items() if facts.get("exception")}
    found = {shape: naming.exception(service_id, shape) for shape in shapes}
    for shape, facts in shapes.items():
        code = facts.get("error", {}).get("code", shape)
        if code not in shapes:
            found.setdefault(code, naming.exception(service_id, shape))
    return [Failure(code, name) for code, name in sorted(found.items())]


def namespace(facts):
    """The prefix and the address of an XML namespace."""
    found = facts.get("xmlNamespace", {})
    if isinstance(found, str):
        return "", found
    return found.get("prefix", ""), found.get("uri", "")


class Shapes:
    """The shapes that operations use, each once."""

    def __init__(self, model):
        self.model = model["shapes"]
        self.service_id = model["metadata"]["serviceId"]
        self.is_rest = model["metadata"]["protocol"].startswith("rest")
        self.shapes = []
        self.places = {}
        self.answered = set()
        for facts in model["operations"].values():
            if "output" in facts:
                self.mark_answered(facts["output"]["shape"])

    def mark_answered(self, name):
        """Notes that a shape is part of an answer: only there do its limits matter."""
        waiting = [name]
        while waiting:
            name = waiting.pop()
            if name in self.answered:
                continue
            self.answered.add(name)
            facts = self.model[name]
            waiting += [member["shape"] for member in facts.get("members", {}).values()]
            waiting += [facts[part]["shape"] for part in ("member", "key", "value") if part in facts]

    def operation(self, action, facts):
        if action != facts["name"] and not self.is_rest:
            raise ValueError(f"{self.service_id}: {action} is called {facts['name']} on the wire")
        checksum = facts.get("httpChecksum", {})
        source, target = facts.get("input"), facts.get("output")
        operation = Operation(
            name=action,
            method=facts["http"]["method"],
            uri=facts["http"]["requestUri"],
            input=self.place(source["shape"]) if source else None,
            output=self.place(target["shape"]) if target else None,
            host_prefix=facts.get("endpoint", {}).get("hostPrefix", ""),
            checksum_member=checksum.get("requestAlgorithmMember", ""),
            checksum_required=bool(facts.get("httpChecksumRequired") or checksum.get("requestChecksumRequired")),
            unsigned_payload=bool(facts.get("unsignedPayload")),
            anonymous=facts.get("authtype") == "none",
            deprecated=bool(facts.get("deprecated")),
        )
        if source:
            merged = {**self.model[source["shape"]], **source}
            operation.input_name = merged.get("locationName", "")
            operation.input_namespace = namespace(merged)[1]
        if target:
            operation.result_wrapper = target.get("resultWrapper", "")
        ends = [part for part in (operation.input, operation.output) if part is not None]
        operation.event_stream = any(
            self.shapes[member.shape].event_stream for part in ends for member in self.shapes[part].members
        )
        return operation

    def place(self, name):
        """Where a shape stands, which is put there when it is seen first."""
        if name in self.places:
            return self.places[name]
        self.places[name] = len(self.shapes)
        facts = self.model[name]
        shape = Shape(kind=facts["type"])
        self.shapes.append(shape)
        if name in self.answered:
            limits = facts.get("min"), facts.get("max")
            shape.least, shape.most = LIMITS.get((self.service_id, name), limits)
            shape.enum = list(facts.get("enum", []))
        if facts.get("document"):
            shape.kind = "document"
        elif shape.kind == "structure":
            self.structure(name, facts, shape)
        elif shape.kind == "list":
            shape.item = self.place(facts["member"]["shape"])
            shape.item_name = self.wire_name(facts["member"], "")
        elif shape.kind == "map":
            shape.key, shape.value = self.place(facts["key"]["shape"]), self.place(facts["value"]["shape"])
            shape.key_name, shape.value_name = self.wire_name(facts["key"], ""), self.wire_name(facts["value"], "")
        elif shape.kind == "timestamp":
            shape.timestamp = TIMESTAMPS.index(facts.get("timestampFormat"))
        shape.flattened = bool(facts.get("flattened"))
        shape.sparse = bool(facts.get("sparse"))
        return self.places[name]

    def structure(self, name, facts, shape):
        shape.union = bool(facts.get("union"))
        shape.event_stream = bool(facts.get("eventstream"))
        names = [member for member in facts["members"] if not naming.is_excluded(self.service_id, member)]
        shape.members = [self.member(name, member, facts) for member in names]
        if "payload" in facts:
            shape.payload = 1 + names.index(facts["payload"])

    def member(self, owner, name, structure):
        own = structure["members"][name]
        target = self.model[own["shape"]]
        merged = {**target, **own}
        prefix, address = namespace(merged)
        return Member(
            name=name,
            asl_name=naming.member(self.service_id, owner, name),
            wire_name=self.wire_name(own, name),
            shape=self.place(own["shape"]),
            required=name in structure.get("required", []),
            location=LOCATIONS.index(own.get("location")),
            idempotency_token=bool(own.get("idempotencyToken")),
            streaming=bool(merged.get("streaming")),
            json_value=bool(own.get("jsonvalue")),
            xml_attribute=bool(own.get("xmlAttribute")),
            host_label=bool(own.get("hostLabel")),
            flattened=bool(own.get("flattened")),
            event_payload=bool(own.get("eventpayload")),
            query_name=own.get("queryName", ""),
            xml_prefix=prefix,
            xml_namespace=address,
        )

    def wire_name(self, reference, default):
        # It may be empty: of headers that all belong to one map.
        inherited = self.model[reference["shape"]].get("locationName", default)
        return reference.get("locationName", inherited)

    def share(self, operations):
        """Keeps one of the shapes that are equal, those that refer to themselves included."""
        known = {}
        classes = [known.setdefault(repr(self.without_references(shape)), len(known)) for shape in self.shapes]
        while True:
            count, known = len(known), {}
            signatures = [(own, *[classes[to] for to in shape.refers()]) for own, shape in zip(classes, self.shapes)]
            classes = [known.setdefault(signature, len(known)) for signature in signatures]
            if len(known) == count:
                break
        first = {}
        for place, group in enumerate(classes):
            first.setdefault(group, place)
        order = {place: index for index, place in enumerate(sorted(first.values()))}
        to = [order[first[group]] for group in classes]
        self.shapes = [self.shapes[place] for place in sorted(first.values())]
        for shape in self.shapes:
            shape.redirect(to)
        for operation in operations:
            operation.input = None if operation.input is None else to[operation.input]
            operation.output = None if operation.output is None else to[operation.output]

    @staticmethod
    def without_references(shape):
        members = [dataclasses.replace(member, shape=0) for member in shape.members]
        return dataclasses.replace(shape, members=members, item=0, key=0, value=0)
