"""AWS's model of the API, as botocore has it: says what is wrong with an answer, and gives the shapes of requests."""

from botocore.session import Session

MODEL = Session().get_service_model("stepfunctions")
OPERATIONS = {name: MODEL.operation_model(name) for name in MODEL.operation_names}

# Errors that every operation may answer, whether it declares them or not: the bounds of members, the request itself.
COMMON_ERRORS = {"ValidationException", "SerializationException", "ThrottlingException", "UnknownOperationException"}


def faults(operation, status, answer):
    """What an answer has that the model does not allow; nothing if all is well."""
    if not isinstance(answer, dict):
        return [f"{operation}: {status} with a body that is no JSON object: {answer!r:.200}"]
    model = OPERATIONS[operation]
    if status == 200:
        return shape_faults(model.output_shape, answer, operation) if model.output_shape else unexpected(operation, answer)
    code = answer.get("__type", "").rpartition("#")[2]
    declared = {error.error_code: error for error in model.error_shapes}
    if status != 400:
        return [f"{operation}: {status} {answer}"]
    if code not in declared:
        return [] if code in COMMON_ERRORS else [f"{operation}: answers {code}, which it does not declare: {answer}"]
    members = {name: value for name, value in answer.items() if name != "__type"}
    return shape_faults(declared[code], members, f"{operation}/{code}")


def unexpected(place, answer):
    return [f"{place}: a member where none is: {answer}"] if answer else []


def shape_faults(shape, value, place):
    """What a value has that its shape does not allow."""
    return KINDS.get(shape.type_name, lambda *_: [f"{place}: a {shape.type_name}?"])(shape, value, place)


def of_structure(shape, value, place):
    if not isinstance(value, dict):
        return [f"{place}: {value!r:.80} is no object"]
    found = [f"{place}: {name} is not in the model" for name in value.keys() - shape.members.keys()]
    found += [f"{place}: {name} is missing" for name in shape.required_members if name not in value]
    for name in value.keys() & shape.members.keys():
        found += shape_faults(shape.members[name], value[name], f"{place}.{name}")
    return found


def of_list(shape, value, place):
    if not isinstance(value, list):
        return [f"{place}: {value!r:.80} is no array"]
    found = bound_faults(shape, len(value), place)
    for index, item in enumerate(value):
        found += shape_faults(shape.member, item, f"{place}[{index}]")
    return found


def of_map(shape, value, place):
    if not isinstance(value, dict):
        return [f"{place}: {value!r:.80} is no object"]
    return [fault for key, item in value.items() for fault in shape_faults(shape.value, item, f"{place}.{key}")]


def of_string(shape, value, place):
    if not isinstance(value, str):
        return [f"{place}: {value!r:.80} is no string"]
    if shape.enum and value not in shape.enum:
        return [f"{place}: {value!r:.80} is none of {shape.enum}"]
    return bound_faults(shape, len(value), place)


def of_whole_number(shape, value, place):
    if type(value) is not int:
        return [f"{place}: {value!r:.80} is no whole number"]
    return bound_faults(shape, value, place)


def of_number(shape, value, place):
    if type(value) not in (int, float):
        return [f"{place}: {value!r:.80} is no number"]
    return bound_faults(shape, value, place)


def of_boolean(_, value, place):
    return [] if isinstance(value, bool) else [f"{place}: {value!r:.80} is no boolean"]


def bound_faults(shape, measure, place):
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and measure < least or most is not None and measure > most:
        return [f"{place}: {measure} is outside of {least}..{most}"]
    return []


KINDS = {
    "structure": of_structure,
    "list": of_list,
    "map": of_map,
    "string": of_string,
    "integer": of_whole_number,
    "long": of_whole_number,
    "float": of_number,
    "double": of_number,
    # Seconds since 1970.
    "timestamp": of_number,
    "boolean": of_boolean,
}
