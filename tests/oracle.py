"""The language a second time, as simply as can be: what a workflow that waits for nothing outside gives.

Written from the specification, not from the product, and without any thought for speed: no history, no concurrency, no
bounds. It knows enough of JSONPath and JSONata for the workflows that `workflows.py` makes.
"""

import copy
import json
import re


# Results near AWS's limit of 262,144 bytes are nobody's business here: how they are measured is tested elsewhere.
LARGE = 200_000


class TooLarge(Exception):
    """A result so large that the limit may matter."""


class Failure(Exception):
    """An error with its name; the cause is checked only where a workflow wrote it itself."""

    def __init__(self, error, cause=None):
        super().__init__(error)
        self.error, self.cause = error, cause

    def matches(self, catcher):
        names = catcher["ErrorEquals"]
        # States.ALL takes neither of these two.
        if self.error in ("States.Runtime", "States.DataLimitExceeded"):
            return self.error in names
        if "States.TaskFailed" in names and self.error != "States.Timeout":
            return True
        return self.error in names or "States.ALL" in names

    def output(self):
        return {"Error": self.error, "Cause": self.cause}


class Scope:
    """Variables of one flow; inner flows read outer ones and keep their own."""

    def __init__(self, outer=None):
        self.own, self.outer = {}, outer

    def get(self, name):
        scope = self
        while scope:
            if name in scope.own:
                return scope.own[name]
            scope = scope.outer
        raise Failure("States.QueryEvaluationError")


class Visit:
    """What expressions of a state may refer to."""

    def __init__(self, scope, context, raw):
        self.scope, self.context, self.input, self.result, self.error = scope, context, raw, None, None


def run(definition, data):
    """The output of a workflow; raises Failure where it fails."""
    context = {"Execution": {"Input": data}}
    return flow(definition, data, Scope(), context, definition.get("QueryLanguage", "JSONPath"))


def flow(definition, data, scope, context, language):
    name = definition["StartAt"]
    while name:
        state = definition["States"][name]
        data, name = step(name, state, data, scope, context, language)
        bounded(data)
    return data


def bounded(data):
    if len(json.dumps(data)) > LARGE:
        raise TooLarge
    return data


def step(name, state, raw, scope, context, language):
    """Runs one state; gives its output and the name of the next state, or None at the end. A state's own language is
    not that of the states in it: they have the machine's."""
    visit = Visit(scope, {**context, "State": {"Name": name}}, raw)
    own = state.get("QueryLanguage", language)
    run_state = jsonata_state if own == "JSONata" else jsonpath_state
    try:
        return run_state(state, visit, language)
    except Failure as failure:
        for catcher in state.get("Catch", []):
            if failure.matches(catcher):
                return caught(catcher, failure, visit, own), catcher["Next"]
        raise


def caught(catcher, failure, visit, language):
    if language == "JSONata":
        visit.error = failure.output()
        output = jsonata(catcher["Output"], visit) if "Output" in catcher else failure.output()
        assign(catcher, visit, lambda value: jsonata(value, visit))
        return output
    assign(catcher, visit, lambda value: template(value, failure.output(), visit))
    return put(visit.input, catcher.get("ResultPath", "$"), failure.output())


def assign(holder, visit, evaluate):
    # All are evaluated before any is set.
    visit.scope.own.update({key.removesuffix(".$"): value for key, value in evaluate(holder.get("Assign", {})).items()})


def jsonpath_state(state, visit, language):
    selected = state.get("InputPath", "$")
    data = {} if selected is None else path(selected, visit.input, visit)
    kind = state["Type"]
    if kind == "Fail":
        raise Failure(state.get("Error"), state.get("Cause"))
    if kind == "Choice":
        rule = next((rule for rule in state["Choices"] if holds(rule, data, visit)), None)
        chosen = rule or state
        target = rule["Next"] if rule else state.get("Default")
        if target is None:
            raise Failure("States.NoChoiceMatched")
        assign(chosen if "Assign" in chosen else {}, visit, lambda value: template(value, data, visit))
        return leave(state, data, visit), target
    if kind in ("Succeed", "Wait"):
        assign(state, visit, lambda value: template(value, data, visit))
        return leave(state, data, visit), state.get("Next")
    if kind == "Pass":
        data = template(state["Parameters"], data, visit) if "Parameters" in state else data
        result = state.get("Result", data)
    elif kind == "Parallel":
        data = template(state["Parameters"], data, visit) if "Parameters" in state else data
        result = [flow(branch, copy.deepcopy(data), Scope(visit.scope), visit.context, language) for branch in state["Branches"]]
    else:
        result = over_items(state, items_at(state.get("ItemsPath", "$"), data, visit), data, visit, template, language)
    if "ResultSelector" in state:
        result = template(state["ResultSelector"], result, visit)
    assign(state, visit, lambda value: template(value, result, visit))
    data = put(visit.input, state.get("ResultPath", "$"), result)
    return leave(state, data, visit), state.get("Next")


def leave(state, data, visit):
    output = state.get("OutputPath", "$")
    return path(output, data, visit) if output is not None else {}


def items_at(where, data, visit):
    """The items of a Map. Where they are is a reference path, which has an error of its own; null has no inside at all."""
    if data is None and re.match(r"\$[.\[]", where):
        raise Failure("States.Runtime")
    try:
        items = path(where, data, visit)
    except Failure:
        raise Failure("States.ReferencePathConflict") from None
    if not isinstance(items, list):
        raise Failure("States.Runtime")
    return items


def over_items(state, items, data, visit, select, language):
    results = []
    for index, item in enumerate(items):
        context = {**visit.context, "Map": {"Item": {"Index": index, "Value": item}}}
        if "ItemSelector" in state:
            item = select(state["ItemSelector"], data, Visit(visit.scope, context, visit.input))
        results.append(flow(state["ItemProcessor"], copy.deepcopy(item), Scope(visit.scope), context, language))
    return bounded(results)


def jsonata_state(state, visit, language):
    kind = state["Type"]
    if kind == "Fail":
        raise Failure(jsonata(state.get("Error"), visit), jsonata(state.get("Cause"), visit))
    if kind == "Choice":
        rule = next((rule for rule in state["Choices"] if jsonata(rule["Condition"], visit) is True), None)
        target = rule["Next"] if rule else state.get("Default")
        if target is None:
            raise Failure("States.NoChoiceMatched")
        chosen = rule or state
        output = jsonata(chosen["Output"], visit) if "Output" in chosen else visit.input
        assign(chosen if "Assign" in chosen else {}, visit, lambda value: jsonata(value, visit))
        return output, target
    result = visit.input
    if kind == "Parallel":
        data = jsonata(state["Arguments"], visit) if "Arguments" in state else visit.input
        result = [flow(branch, copy.deepcopy(data), Scope(visit.scope), visit.context, language) for branch in state["Branches"]]
        visit.result = result
    elif kind == "Map":
        data, items = visit.input, jsonata(state["Items"], visit) if "Items" in state else visit.input
        if not isinstance(items, list):
            raise Failure("States.QueryEvaluationError")
        result = over_items(state, items, data, visit, lambda value, _, selecting: jsonata(value, selecting), language)
        visit.result = result
    output = jsonata(state["Output"], visit) if "Output" in state else result
    assign(state, visit, lambda value: jsonata(value, visit))
    return output, state.get("Next")


def template(value, data, visit):
    """What a payload template gives: members whose names end in .$ are paths or intrinsic functions."""
    if isinstance(value, list):
        return [template(item, data, visit) for item in value]
    if not isinstance(value, dict):
        return value
    filled = {}
    for key, member in value.items():
        if key.endswith(".$"):
            filled[key.removesuffix(".$")] = intrinsic(member, data, visit)
        else:
            filled[key] = template(member, data, visit)
    return filled


def intrinsic(text, data, visit):
    call = re.fullmatch(r"States\.(\w+)\((.*)\)", text)
    if not call:
        return path(text, data, visit)
    arguments = [argument(part.strip(), data, visit) for part in split(call[2])]
    match call[1]:
        case "Array":
            return arguments
        case "MathAdd":
            return arguments[0] + arguments[1]
        case "ArrayLength":
            return len(arguments[0])
        case "ArrayGetItem":
            return arguments[0][arguments[1]]
        case "Format":
            parts = arguments[0].split("{}")
            return "".join(part + str(value) for part, value in zip(parts, arguments[1:])) + parts[-1]
    raise NotImplementedError(text)


def split(text):
    """The arguments of a call; commas inside of calls and texts are not between them."""
    parts, depth, quoted, begin = [], 0, False, 0
    for place, letter in enumerate(text):
        quoted ^= letter == "'"
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth and not quoted:
            parts.append(text[begin:place])
            begin = place + 1
    return [*parts, text[begin:]] if text else parts


def argument(text, data, visit):
    if text.startswith("'"):
        return text[1:-1]
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    return intrinsic(text, data, visit)


def path(text, data, visit):
    """A value by a path of names and indexes, from the data, the context object or a variable."""
    if text.startswith("$$"):
        value, rest = visit.context, text[2:]
    elif re.match(r"\$\w", text):
        name, rest = re.fullmatch(r"\$(\w+)(.*)", text).groups()
        value = visit.scope.get(name)
    else:
        value, rest = data, text[1:]
    for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", rest):
        is_there = name in value if name and isinstance(value, dict) else index and isinstance(value, list) and int(index) < len(value)
        if not is_there:
            raise Failure("States.Runtime")
        value = value[name] if name else value[int(index)]
    return copy.deepcopy(value)


def put(data, where, value):
    """Data with a value put at a reference path; null leaves the data as it is."""
    if where is None:
        return data
    if where == "$":
        return value
    data = copy.deepcopy(data)
    names = where.removeprefix("$.").split(".")
    if not isinstance(data, dict):
        raise Failure("States.ReferencePathConflict")
    inner = data
    for name in names[:-1]:
        inner = inner.setdefault(name, {})
        if not isinstance(inner, dict):
            raise Failure("States.ReferencePathConflict")
    inner[names[-1]] = value
    return data


def holds(rule, data, visit):
    if "And" in rule:
        return all(holds(inner, data, visit) for inner in rule["And"])
    if "Or" in rule:
        return any(holds(inner, data, visit) for inner in rule["Or"])
    if "Not" in rule:
        return not holds(rule["Not"], data, visit)
    operator = next(key for key in rule if key not in ("Variable", "Next", "Assign", "Comment"))
    if operator == "IsPresent":
        try:
            path(rule["Variable"], data, visit)
            return rule[operator]
        except Failure:
            return not rule[operator]
    value, expected = path(rule["Variable"], data, visit), rule[operator]
    if operator.endswith("Path"):
        operator, expected = operator.removesuffix("Path"), path(expected, data, visit)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    match operator:
        case "IsNumeric":
            return is_number == expected
        case "IsString":
            return isinstance(value, str) == expected
        case "IsNull":
            return (value is None) == expected
        case "BooleanEquals":
            return isinstance(value, bool) and value == expected
        case "StringEquals":
            return isinstance(value, str) and isinstance(expected, str) and value == expected
        case "StringMatches":
            pattern = ".*".join(re.escape(part) for part in expected.split("*"))
            return isinstance(value, str) and re.fullmatch(pattern, value, re.DOTALL) is not None
    if not is_number or not isinstance(expected, (int, float)) or isinstance(expected, bool):
        return False
    match operator:
        case "NumericEquals":
            return value == expected
        case "NumericLessThan":
            return value < expected
        case "NumericGreaterThanEquals":
            return value >= expected
    raise NotImplementedError(operator)


def jsonata(value, visit):
    """A field in JSONata: what stands in {% %} is evaluated wherever it is."""
    if isinstance(value, list):
        return [jsonata(item, visit) for item in value]
    if isinstance(value, dict):
        return {key: jsonata(member, visit) for key, member in value.items()}
    if not isinstance(value, str) or not value.startswith("{%"):
        return value
    found = expression(value[2:-2].strip(), visit)
    if found is NOTHING:
        raise Failure("States.QueryEvaluationError")
    return found


NOTHING = object()


def expression(text, visit):
    """One of the few forms of expressions that are made: a value, or two of them with an operator between."""
    for operator in (" = ", " < ", " >= ", " + ", " & "):
        if operator in text:
            left, right = (expression(side, visit) for side in text.split(operator, 1))
            return binary(operator.strip(), left, right)
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    if text.startswith("'"):
        return text[1:-1]
    call = re.fullmatch(r"\$(count|sum|exists|string)\((.*)\)", text)
    if call:
        return function(call[1], expression(call[2], visit))
    return navigate(text, visit)


def function(name, value):
    if name == "exists":
        return value is not NOTHING
    if name == "string":
        return value if value is NOTHING or isinstance(value, str) else str(value)
    values = value if isinstance(value, list) else [] if value is NOTHING else [value]
    if name == "count":
        return len(values)
    if value is NOTHING:
        return NOTHING
    if not all(isinstance(item, int) and not isinstance(item, bool) for item in values):
        raise Failure("States.QueryEvaluationError")
    return sum(values)


def binary(operator, left, right):
    def number(value):
        return isinstance(value, int) and not isinstance(value, bool)

    match operator:
        case "=":
            return NOTHING not in (left, right) and same(left, right)
        case "&":
            return "".join("" if side is NOTHING else str(side) for side in (left, right))
    for side in (left, right):
        if side is not NOTHING and not number(side) and not (operator != "+" and isinstance(side, str)):
            raise Failure("States.QueryEvaluationError")
    if NOTHING in (left, right):
        return NOTHING
    if isinstance(left, str) != isinstance(right, str):
        raise Failure("States.QueryEvaluationError")
    return {"+": lambda: left + right, "<": lambda: left < right, ">=": lambda: left >= right}[operator]()


def same(left, right):
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def navigate(text, visit):
    roots = {
        "$states.input": visit.input,
        "$states.result": visit.result,
        "$states.errorOutput": visit.error,
        "$states.context": visit.context,
    }
    root = next((root for root in roots if text == root or text.startswith((f"{root}.", f"{root}["))), None)
    if root:
        value, rest = roots[root], text[len(root) :]
    else:
        name, rest = re.fullmatch(r"\$(\w+)(.*)", text).groups()
        value = visit.scope.get(name)
    for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", rest):
        value = member(value, name) if name else element(value, int(index))
        if value is NOTHING:
            return NOTHING
    return copy.deepcopy(value)


def member(value, name):
    """JSONata looks through arrays, and a result of one item stands for itself."""
    if isinstance(value, list):
        found = [member(item, name) for item in value]
        flat = [inner for item in found if item is not NOTHING for inner in (item if isinstance(item, list) else [item])]
        return NOTHING if not flat else flat[0] if len(flat) == 1 else flat
    return value[name] if isinstance(value, dict) and name in value else NOTHING


def element(value, index):
    items = value if isinstance(value, list) else [value]
    return items[index] if index < len(items) else NOTHING
