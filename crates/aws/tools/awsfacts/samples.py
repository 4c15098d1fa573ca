"""Samples: random values of botocore's shapes."""

import datetime

from awsfacts import naming

UTC = datetime.timezone.utc
PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
SPECIAL = PLAIN + " -_.~/:;,+&<>\"'=%?#@!()[]{}|\\^`$*äß漢😀"
DEPTH_MAX = 6


class Samples:
    """Makes values as botocore takes them: with moments and bytes."""

    def __init__(self, random):
        self.random = random

    def structure(self, shape, depth=0):
        if shape.is_document_type:
            return self.document()
        names = list(shape.members)
        if shape.is_tagged_union:
            names = [self.random.choice(names)] if names else []
        else:
            names = [name for name in names if self.wants(shape, name, depth)]
        return {name: self.value(shape.members[name], depth + 1) for name in names}

    def wants(self, shape, name, depth):
        if depth > DEPTH_MAX:
            return False
        member = shape.members[name]
        if member.serialization.get("eventstream"):
            return False
        if name in shape.required_members or member.serialization.get("location") == "uri":
            return True
        if member.serialization.get("hostLabel"):
            return True
        chance = 0.9 if depth == 0 else 0.6
        return self.random.random() < chance

    def value(self, shape, depth):
        location = shape.serialization.get("location")
        kind = shape.type_name
        if kind == "structure":
            return self.structure(shape, depth)
        if kind == "list":
            least = 1 if location in ("header", "querystring") else 0
            return [self.value(shape.member, depth + 1) for _ in range(self.count(least, depth))]
        if kind == "map":
            count = self.count(0, depth)
            return {self.key(shape.key): self.value(shape.value, depth + 1) for _ in range(count)}
        if kind == "string" and shape.serialization.get("jsonvalue") and location == "header":
            return {"a": [1, "b"]}
        if kind == "string":
            plain = location in ("header", "headers") or shape.serialization.get("hostLabel")
            plain = plain or shape.serialization.get("xmlAttribute")
            return self.random.choice(shape.enum) if shape.enum else self.text(PLAIN if plain else SPECIAL)
        return self.scalar(kind)

    def scalar(self, kind):
        if kind == "boolean":
            return self.random.random() < 0.5
        if kind == "integer":
            return self.random.randint(-(2**31), 2**31 - 1)
        if kind == "long":
            return self.random.choice([0, 1, -1, 2**53 + 1, -(2**40), self.random.randint(-(2**62), 2**62)])
        if kind in ("float", "double"):
            return self.random.choice([0.5, -1.25, 3.0, 1e10, 0.0, 1024.75])
        if kind == "timestamp":
            return datetime.datetime.fromtimestamp(self.random.randint(10**9, 2 * 10**9), UTC)
        if kind == "blob":
            return self.text(SPECIAL).encode()
        raise ValueError(kind)

    def key(self, shape):
        return self.random.choice(shape.enum) if shape.enum else self.text(PLAIN)

    def count(self, least, depth):
        return 0 if depth > DEPTH_MAX else self.random.choice([least, 1, 1, 2])

    def text(self, letters):
        return "".join(self.random.choice(letters) for _ in range(self.random.randint(1, 12)))

    def document(self):
        return self.random.choice([{"a": 1, "b": [True, None]}, {}, {"x": {"y": "z"}}])


def as_text(moment):
    """A moment as parameters give it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def as_milliseconds(moment):
    """A moment as results of optimised integrations have it."""
    return int(moment.timestamp()) * 1000


def plain(shape, value, moment):
    """The value as a task has it: names with a capital, moments as `moment` writes them, bytes as text."""
    if value is None:
        return None
    kind = shape.type_name
    if kind == "structure" and not shape.is_document_type:
        return {
            naming.capitalise(name): plain(shape.members[name], member, moment)
            for name, member in value.items()
            if name in shape.members and member is not None
        }
    if kind == "list":
        return [plain(shape.member, item, moment) for item in value]
    if kind == "map":
        return {name: plain(shape.value, item, moment) for name, item in value.items()}
    if kind == "timestamp":
        return moment(value)
    if kind == "blob":
        return value.decode(errors="replace") if isinstance(value, bytes) else value
    return value
