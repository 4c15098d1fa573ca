"""Pack: writes the facts as the bytes that `crates/aws/src/facts/pack.rs` reads.

    pack    = magic, text(botocore's version), count, entry..., frame...
    entry   = text(service's name in ARNs), bytes of its frame, bytes of its facts
    frame   = zstd(facts)
    facts   = text(its strings, a line each), service, shapes, operations, failures
    text    = count of bytes, UTF-8
    numbers = LEB128; those that may be negative zigzagged before
"""

import zstandard

from awsfacts import naming

MAGIC = b"AWSFACTS\x01"
KINDS = [
    "structure",
    "list",
    "map",
    "string",
    "blob",
    "boolean",
    "integer",
    "long",
    "float",
    "double",
    "timestamp",
    "document",
]


def pack(version, services):
    """The whole file. Two services of one name are refused: one of them must be left out by hand."""
    services = sorted(services, key=lambda service: service.asl_id)
    names = [service.asl_id for service in services]
    clashes = {name for name in names if names.count(name) > 1}
    if clashes:
        raise ValueError(f"several services are called {sorted(clashes)}")
    compressor = zstandard.ZstdCompressor(level=19)
    facts = [Writer(service).facts() for service in services]
    frames = [compressor.compress(plain) for plain in facts]
    head = Bytes()
    head.out += MAGIC
    head.text(version)
    head.number(len(services))
    for name, frame, plain in zip(names, frames, facts):
        head.text(name)
        head.number(len(frame))
        head.number(len(plain))
    return bytes(head.out) + b"".join(frames)


class Bytes:
    def __init__(self):
        self.out = bytearray()

    def number(self, value):
        if value < 0:
            raise ValueError(value)
        while value >= 0x80:
            self.out.append(value & 0x7F | 0x80)
            value >>= 7
        self.out.append(value)

    def signed(self, value):
        value = max(-(2**63), min(2**63 - 1, value))
        self.number(value << 1 if value >= 0 else (-value << 1) - 1)

    def text(self, value):
        encoded = value.encode()
        self.number(len(encoded))
        self.out += encoded

    def flags(self, *flags):
        self.number(sum(1 << index for index, flag in enumerate(flags) if flag))


class Writer(Bytes):
    """The facts of one service, strings by their place in a sorted table: neighbours share beginnings."""

    def __init__(self, service):
        super().__init__()
        self.service = service

    def facts(self):
        seen = set()
        self.string = seen.add
        self.body()
        table = sorted(seen | {""})
        places = {text: place for place, text in enumerate(table)}
        self.out = bytearray()
        self.text("\n".join(table))
        self.string = lambda text: self.number(places[text])
        self.body()
        return bytes(self.out)

    def body(self):
        service = self.service
        for text in (service.asl_id, service.prefix, service.botocore, service.service_id):
            self.string(text)
        for text in (service.signing_name, service.endpoint_prefix, service.json_version, service.target_prefix):
            self.string(text)
        self.string(service.api_version)
        self.string(service.xml_namespace)
        self.number(service.protocol)
        self.number(service.signature)
        self.flags(service.query_compatible)
        self.number(len(service.shapes))
        for shape in service.shapes:
            self.shape(shape)
        self.number(len(service.operations))
        for operation in service.operations:
            self.operation(operation)
        self.number(len(service.failures))
        for failure in service.failures:
            self.string(failure.code)
            self.string(failure.name)

    def shape(self, shape):
        limits = (shape.least, shape.most)
        decimal = any(isinstance(limit, float) for limit in limits)
        flags = (limits[0] is not None, limits[1] is not None, decimal)
        rare = (shape.flattened, shape.sparse, shape.union, shape.event_stream)
        self.number(KINDS.index(shape.kind) | sum(1 << 4 + i for i, flag in enumerate(flags + rare) if flag))
        for limit in limits:
            if limit is not None and decimal:
                self.string(repr(limit))
            elif limit is not None:
                self.signed(limit)
        if shape.kind == "structure":
            self.number(shape.payload)
            self.number(len(shape.members))
            for member in shape.members:
                self.member(member)
        elif shape.kind == "list":
            self.number(shape.item)
            self.string(shape.item_name)
        elif shape.kind == "map":
            self.number(shape.key)
            self.string(shape.key_name)
            self.number(shape.value)
            self.string(shape.value_name)
        elif shape.kind == "string":
            self.number(len(shape.enum))
            for value in shape.enum:
                self.string(value)
        elif shape.kind == "timestamp":
            self.number(shape.timestamp)

    def member(self, member):
        renamed = member.asl_name != naming.capitalise(member.name)
        rewired = member.wire_name != member.name
        common = member.required | member.location << 1 | renamed << 4 | rewired << 5 | member.idempotency_token << 6
        rare = [
            member.streaming,
            member.json_value,
            member.xml_attribute,
            member.host_label,
            member.flattened,
            member.event_payload,
            bool(member.query_name),
            bool(member.xml_namespace),
        ]
        self.number(common | sum(1 << 7 + i for i, flag in enumerate(rare) if flag))
        self.string(member.name)
        self.number(member.shape)
        if renamed:
            self.string(member.asl_name)
        if rewired:
            self.string(member.wire_name)
        if member.query_name:
            self.string(member.query_name)
        if member.xml_namespace:
            self.string(member.xml_prefix)
            self.string(member.xml_namespace)

    def operation(self, operation):
        texts = [
            operation.input_name,
            operation.input_namespace,
            operation.result_wrapper,
            operation.host_prefix,
            operation.checksum_member,
        ]
        self.flags(
            operation.input is not None,
            operation.output is not None,
            operation.checksum_required,
            operation.unsigned_payload,
            operation.anonymous,
            operation.deprecated,
            operation.event_stream,
            *texts,
        )
        self.string(operation.name)
        self.string(operation.method)
        self.string(operation.uri)
        if operation.input is not None:
            self.number(operation.input)
        if operation.output is not None:
            self.number(operation.output)
        for text in texts:
            if text:
                self.string(text)
