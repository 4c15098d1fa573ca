"""Naming: what Step Functions calls services, members and errors, which is what Amazon's Java SDK (version 2) calls them."""

import json
import pathlib
import re

NAMES = json.loads((pathlib.Path(__file__).parent / "names.json").read_text())
KEYWORDS = set(NAMES["java_keywords"])
RESERVED = set(NAMES["reserved_structure_methods"])
MEMBERS = {(o["service_id"], o["shape"], o["member"]): o["emit_as"] for o in NAMES["member_overrides"]}
EXCEPTIONS = {(o["service_id"], o["shape"]): o["emit_as"] for o in NAMES["exception_overrides"]}
LEFT_OUT = set(NAMES["services_left_out"])
EXCLUDED = {(o["service_id"], o["member"]) for o in NAMES["member_excluded"] if o["shape"] == "*"}


def service_prefix(service_id):
    """The prefix of a service's errors: `DynamoDb`. In lower case it is the service's name in a resource ARN."""
    name = pascal(service_id)
    name = re.sub("^(Amazon|Aws)", "", name)
    return re.sub("Service$", "", name)


def member(service_id, shape, name):
    """The name of a member in a task's parameters and result."""
    return member_of(MEMBERS.get((service_id, shape, name), name))


def member_of(name):
    """The same, for a name that no service changes."""
    name = uncapitalise(name)
    if name.lower() in KEYWORDS or name in RESERVED:
        name += "Value"
    return capitalise(name)


def is_excluded(service_id, name):
    """Whether the SDK leaves a member out."""
    return (service_id, name) in EXCLUDED


def exception(service_id, shape):
    """The class of an error, which follows the service's prefix in an error's name."""
    renamed = EXCEPTIONS.get((service_id, shape))
    if renamed:
        return renamed
    return pascal(re.sub("(Fault|Exception)$", "", shape)) + "Exception"


def capitalise(name):
    return name[:1].upper() + name[1:]


def uncapitalise(name):
    """Lower-cases the capitals a name begins with, except one that begins a word."""
    end = 1
    while end < len(name) and name[end].isupper() and not name[end + 1 : end + 2].islower():
        end += 1
    return name[:end].lower() + name[end:]


def pascal(name):
    return "".join(capitalise(word.lower()) for word in words(name))


def words(name):
    name = re.sub(r"[^A-Za-z0-9]+", " ", name)
    name = re.sub(r"([^a-z]{2,})v([0-9]+)", r"\1 v\2 ", name)
    name = re.sub(r"([^A-Z]{2,})V([0-9]+)", r"\1 V\2 ", name)
    name = re.sub(r"(?<=[a-z])(?=[A-Z][a-zA-Z0-9])", " ", name)
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", name)
    name = re.sub(r"([0-9])([a-zA-Z])", r"\1 \2", name)
    return name.split()
