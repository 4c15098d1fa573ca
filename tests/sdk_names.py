"""What AWS's SDK for Python and a task of Step Functions call the same things, and whether two answers say the same.

Step Functions takes and gives the names of the SDK for Java: of the capitals that a name begins with, only the first one
stays, and the one that begins the next word. Keys that users choose, in maps, stay as they are. What is a structure and what
is a map, botocore's models say.
"""

import base64
import datetime
import json
import re
import urllib.parse

# `SSEKMS` of `SSEKMSKeyId`.
FIRST_CAPITALS = re.compile(r"^[A-Z]+(?![a-z])")

# A word that Java has for itself.
RESERVED = {"Null": "Nul"}

# Step Functions' names of services where they aren't botocore's.
SERVICES = {"events": "eventbridge", "logs": "cloudwatchlogs"}

NOTHING = object()


def resource(service, operation):
    """The resource of a task that calls an operation."""
    return f"arn:aws:states:::aws-sdk:{SERVICES.get(service, service)}:{operation[0].lower()}{operation[1:]}"


def name(member):
    """A member's name in Step Functions."""
    member = FIRST_CAPITALS.sub(lambda capitals: capitals[0].capitalize(), member)
    member = member[0].upper() + member[1:]
    return RESERVED.get(member, member)


def named(shape, value):
    """Parameters of boto3 as those of a task."""
    if shape is None:
        return value
    if shape.type_name == "structure":
        members = {}
        for member, inner in value.items():
            if isinstance(inner, Reference):
                members[f"{name(member)}.$"] = inner.path
            elif isinstance(inner, list) and any(isinstance(item, Reference) for item in inner):
                members[f"{name(member)}.$"] = f"States.Array({', '.join(item.path for item in inner)})"
            else:
                members[name(member)] = named(shape.members[member], inner)
        return members
    if shape.type_name == "list":
        return [named(shape.member, item) for item in value]
    if shape.type_name == "map":
        return {key: named(shape.value, item) for key, item in value.items()}
    return value


class Reference:
    """A value in the answer to an earlier call, by the names that boto3 has for it."""

    def __init__(self, call, *members):
        self.call, self.members = call, members

    @property
    def path(self):
        members = (f"[{member}]" if isinstance(member, int) else f".{name(member)}" for member in self.members)
        return f"$.{self.call}{''.join(members)}"

    def follow(self, answers):
        value = answers[self.call]
        for member in self.members:
            value = value[member]
        return value


def filled(value, answers):
    """Parameters of boto3 with what earlier answers say."""
    if isinstance(value, Reference):
        return value.follow(answers)
    if isinstance(value, dict):
        return {key: filled(item, answers) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, answers) for item in value]
    return value


def differences(shape, theirs, ours, alike=False, path=""):
    """Where an answer of boto3 and the result of a task part. Those that are only `alike` have the same members and kinds.

    Whether an empty list is there at all is each SDK's own way; so it is with members that are null.
    """
    if theirs in ({}, [], None, NOTHING) and ours in ({}, [], None, NOTHING):
        return
    if theirs is NOTHING or ours is NOTHING:
        yield f"{path or '(all)'}: boto3 {shown(theirs)}, the task {shown(ours)}"
    elif shape.type_name == "structure" and isinstance(theirs, dict) and isinstance(ours, dict):
        expected = {name(member): member for member in shape.members if member in theirs}
        for member in sorted({*expected, *ours}):
            inner = expected.get(member)
            their = theirs[inner] if inner else NOTHING
            inner = shape.members[inner] if inner else None
            yield from differences(inner, their, ours.get(member, NOTHING), alike, f"{path}.{member}")
    elif shape.type_name == "map" and isinstance(theirs, dict) and isinstance(ours, dict):
        for key in sorted({*theirs, *ours}):
            pair = theirs.get(key, NOTHING), ours.get(key, NOTHING)
            yield from differences(shape.value, *pair, alike, f"{path}.{key}")
    elif shape.type_name == "list" and isinstance(theirs, list) and isinstance(ours, list):
        if len(theirs) != len(ours) and not alike:
            yield f"{path}: boto3 has {len(theirs)}, the task {len(ours)}"
        for index, pair in enumerate(zip(theirs, ours)):
            yield from differences(shape.member, *pair, alike, f"{path}[{index}]")
    else:
        theirs, ours = comparable(theirs, theirs), comparable(theirs, ours)
        same = type(theirs) is type(ours) if alike else theirs == ours
        if not same:
            yield f"{path}: boto3 {shown(theirs)}, the task {shown(ours)}"


def comparable(theirs, value):
    """A plain value, so that both sides can be compared: moments in seconds, blobs as text, the policies that boto3 reads."""
    if isinstance(theirs, dict) and isinstance(value, str):
        return json.loads(urllib.parse.unquote(value))
    if isinstance(theirs, datetime.datetime):
        if isinstance(value, str):
            value = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
        return int(value.timestamp()) if isinstance(value, datetime.datetime) else value
    if hasattr(value, "read"):
        value = value.read()
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return base64.b64encode(value).decode()
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    return value


def shown(value):
    return "nothing" if value is NOTHING else repr(value)[:200]
