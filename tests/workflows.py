"""Workflows made from a seed, of every state that waits for nothing outside, and inputs for them."""

import random

LANGUAGES = ("JSONPath", "JSONata")

# How deep states are nested in states: less deep where the outermost go over long lists, so that results stay small.
DEPTH, DEPTH_OF_LONG = 3, 2


class Maker:
    """Makes one workflow. Names of states are unique; a variable is known once some state before has assigned it."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.states = self.variables = 0
        self.known = frozenset()

    def workflow(self):
        self.machine_language = self.random.choice(LANGUAGES)
        self.depth = self.random.choice([DEPTH, DEPTH_OF_LONG])
        made = self.flow(self.depth, self.machine_language, frozenset())
        if self.machine_language == "JSONata" or self.chance(0.1):
            made["QueryLanguage"] = self.machine_language
        return made

    def data(self):
        return {
            "n": self.random.randint(-5, 60),
            "text": self.random.choice(["", "red", "green", "a*b", "é"]),
            "flag": self.random.random() < 0.5,
            "none": None,
            "list": list(range(self.random.choice([0, 1, 2, 3, 7, 45, 90]))),
            "objects": [{"id": i, "tags": ["x", i]} for i in range(self.random.choice([0, 1, 2, 5, 41]))],
            "inner": {"n": self.random.randint(0, 9), "deep": {"text": "deep", "list": [3, 1, 2]}},
        }

    def chance(self, probability):
        return self.random.random() < probability

    def flow(self, depth, language, outer, simple=False):
        """States in a row, some of which may be skipped by a choice or a catch."""
        count = self.random.randint(1, 2 if simple else 4)
        names = [f"S{self.states + place}" for place in range(count)]
        self.states += count
        known, states = set(), {}
        for place, name in enumerate(names):
            later = names[place + 1 :]
            self.is_first = place == 0
            states[name] = self.state(depth, language, later, outer, known)
        return {"StartAt": names[0], "States": states}

    def state(self, depth, language, later, outer, known):
        self.known = visible = outer | known
        is_first = self.is_first
        own = self.random.choice(LANGUAGES) if language == "JSONPath" and self.chance(0.15) else language
        kinds = ["Pass", "Pass", "Pass", "Wait"]
        if later:
            kinds += ["Choice", "Choice"]
        else:
            kinds += ["Succeed", "Fail"]
        if depth:
            kinds += ["Map", "Map", "Parallel", "Parallel"]
        kind = self.random.choice(kinds)
        make = getattr(self, f"{own.lower()}_{kind.lower()}")
        state = {"Type": kind, **make(depth, later, visible)}
        self.known, self.is_first = visible, is_first
        if own != language:
            state["QueryLanguage"] = own
        if kind in ("Map", "Parallel") and later and self.chance(0.5):
            state["Catch"] = [self.catcher(own, later)]
        if kind not in ("Choice", "Succeed", "Fail"):
            state.update({"Next": later[0]} if later else {"End": True})
            if self.chance(0.3):
                state["Assign"] = self.assignment(own)
                # What comes later may have been reached past any state but the first.
                if not known and "Catch" not in state and self.is_first:
                    known.update(name.removesuffix(".$") for name in state["Assign"])
        self.is_first = False
        return state

    def assignment(self, language):
        self.variables += 1
        name = f"v{self.variables}"
        if language == "JSONata":
            return {name: self.value()}
        return self.random.choice([{f"{name}.$": "$"}, {name: [1, "text"]}, {name: {"n.$": "$$.Execution.Input.n"}}])

    def catcher(self, language, later):
        errors = self.random.choice([["States.ALL"], ["Made"], ["Other", "Made"], ["States.TaskFailed"]])
        catcher = {"ErrorEquals": errors, "Next": self.random.choice(later)}
        if language == "JSONata":
            if self.chance(0.5):
                catcher["Output"] = {"was": "{% $states.input.n %}", "error": "{% $states.errorOutput.Error %}"}
        elif self.chance(0.5):
            catcher["ResultPath"] = self.random.choice(["$.error", None, "$.inner.error", "$"])
        return catcher

    # JSONPath

    def place(self):
        if self.known and self.chance(0.3):
            return f"${self.random.choice(sorted(self.known))}"
        return self.random.choice(
            ["$", "$.n", "$.text", "$.inner", "$.inner.n", "$.inner.deep", "$.list", "$.list[0]", "$.objects[1].id"]
            + ["$.flag", "$.none", "$$.Execution.Input.n", "$$.State.Name", "$$.Execution.Input.inner.deep.list[1]"]
        )

    def payload(self, depth=2):
        """A template. Everything it reads is in the execution's input, so that it seldom fails."""
        made = {}
        for name in self.random.sample(["a", "n", "list", "inner", "text"], self.random.randint(1, 4)):
            roll = self.random.randrange(6)
            if roll == 0 and depth:
                made[name] = self.payload(depth - 1)
            elif roll == 1:
                made[name] = self.random.choice([1, "text", None, [1, {"b": 2}], True])
            elif roll == 2:
                made[f"{name}.$"] = self.random.choice(
                    [
                        "States.MathAdd($$.Execution.Input.n, 2)",
                        "States.Array($$.Execution.Input.n, 'x', $)",
                        "States.ArrayLength($$.Execution.Input.list)",
                        "States.Format('{} of {}', $$.Execution.Input.n, $$.Execution.Input.text)",
                        "States.ArrayGetItem(States.Array(1, 2, 3), 1)",
                    ]
                )
            else:
                made[f"{name}.$"] = self.place() if self.chance(0.4) else f"$$.Execution.Input.{self.random.choice(['n', 'list', 'inner', 'text', 'objects'])}"
        return made

    def paths(self, state):
        if self.chance(0.15):
            state["InputPath"] = self.random.choice(["$", "$.inner", None, "$$.Execution.Input"])
        if self.chance(0.15):
            state["OutputPath"] = self.random.choice(["$", None, "$$.Execution.Input"])
        return state

    def result_path(self, state):
        if self.chance(0.5):
            state["ResultPath"] = self.random.choice(["$", "$.a", "$.inner.b", "$.x.y", None])
        return state

    def jsonpath_pass(self, depth, later, known):
        state = self.result_path(self.paths({}))
        if self.chance(0.6):
            state["Parameters"] = self.payload()
        elif self.chance(0.4):
            state["Result"] = self.random.choice([1, {"n": 3, "list": [1, 2]}, [], "text"])
        return state

    def jsonpath_wait(self, depth, later, known):
        return self.paths({"Seconds": 0})

    def jsonpath_succeed(self, depth, later, known):
        return self.paths({})

    def jsonpath_fail(self, depth, later, known):
        return {"Error": self.random.choice(["Made", "Other"]), "Cause": self.random.choice(["because", ""])}

    def jsonpath_choice(self, depth, later, known):
        rules = [{**self.rule(2), "Next": self.random.choice(later)} for _ in range(self.random.randint(1, 3))]
        state = self.paths({"Choices": rules})
        # Something leads to every state: what nothing leads to is refused.
        if self.chance(0.9):
            state["Default"] = later[0]
        else:
            rules[0]["Next"] = later[0]
        return state

    def rule(self, depth):
        roll = self.random.randrange(10)
        if depth and roll < 3:
            inner = [self.rule(depth - 1) for _ in range(self.random.randint(1, 2))]
            return [{"And": inner}, {"Or": inner}, {"Not": inner[0]}][roll]
        where = self.random.choice(["$$.Execution.Input.n", "$$.Execution.Input.text", "$$.Execution.Input.flag", "$$.Execution.Input.none"])
        operator, value = self.random.choice(
            [("NumericEquals", 3), ("NumericLessThan", 20), ("NumericGreaterThanEquals", 10), ("StringEquals", "red")]
            + [("StringMatches", "*e*"), ("BooleanEquals", True), ("IsNull", True), ("IsNull", False), ("IsNumeric", True)]
            + [("IsString", False), ("NumericLessThanPath", "$$.Execution.Input.inner.n"), ("IsPresent", True), ("IsPresent", False)]
        )
        if operator == "IsPresent":
            where = self.random.choice(["$.nothing", "$.n", "$.inner.n"])
        return {"Variable": where, operator: value}

    def jsonpath_parallel(self, depth, later, known):
        state = self.result_path(self.paths({}))
        if self.chance(0.4):
            state["Parameters"] = self.payload()
        if self.chance(0.3):
            state["ResultSelector"] = {"first.$": "$[0]", "all.$": "$", "n.$": "$$.Execution.Input.n"}
        state["Branches"] = [self.flow(depth - 1, "JSONPath", known, simple=True) for _ in range(self.random.randint(1, 3))]
        return state

    def jsonpath_map(self, depth, later, known):
        state = self.result_path({})
        long = ["$$.Execution.Input.list", "$$.Execution.Input.objects", "$.list"]
        state["ItemsPath"] = self.random.choice(long if depth == DEPTH_OF_LONG == self.depth else ["$$.Execution.Input.inner.deep.list", "$.list"])
        if self.chance(0.5):
            state["ItemSelector"] = {
                "n.$": "$$.Map.Item.Index",
                "item.$": "$$.Map.Item.Value",
                "inner.$": "$$.Execution.Input.inner",
                "list.$": "$$.Execution.Input.inner.deep.list",
            }
        if self.chance(0.6):
            state["MaxConcurrency"] = self.random.choice([0, 1, 2, 3, 39, 40, 41, 1000])
        if self.chance(0.3):
            state["ResultSelector"] = {"count.$": "States.ArrayLength($)", "all.$": "$"}
        state["ItemProcessor"] = self.flow(depth - 1, "JSONPath", known, simple=True)
        return state

    # JSONata

    def value(self):
        if self.known and self.chance(0.3):
            return f"{{% ${self.random.choice(sorted(self.known))} %}}"
        return self.random.choice(
            ["{% $states.input %}", "{% $states.input.n %}", "{% $states.input.inner.deep.list %}", "{% $states.context.Execution.Input.inner.deep.list[1] %}"]
            + ["{% $states.context.Execution.Input.n + 2 %}", "{% $count($states.context.Execution.Input.list) %}", 7, "text"]
            + ["{% $states.context.Execution.Input.objects.id %}", "{% $states.context.State.Name %}", None, ["{% 1 + 1 %}", []]]
            + ["{% $states.context.Execution.Input.text & 'x' %}", "{% $sum($states.context.Execution.Input.list) %}"]
            + ["{% $exists($states.input.nothing) %}", "{% $states.context.Execution.Input.inner %}"]
        )

    def object(self):
        names = self.random.sample(["a", "n", "list", "inner", "text"], self.random.randint(1, 4))
        return {name: self.value() for name in names}

    def output(self, state, chance=0.6):
        if self.chance(chance):
            state["Output"] = self.value() if self.chance(0.2) else self.object()
        return state

    def jsonata_pass(self, depth, later, known):
        return self.output({})

    def jsonata_wait(self, depth, later, known):
        return self.output({"Seconds": self.random.choice([0, "{% 1 + -1 %}"])})

    def jsonata_succeed(self, depth, later, known):
        return self.output({})

    def jsonata_fail(self, depth, later, known):
        return {"Error": "Made", "Cause": self.random.choice(["because", "{% 'be' & 'cause' %}"])}

    def jsonata_choice(self, depth, later, known):
        conditions = [
            "{% $states.context.Execution.Input.n < 20 %}",
            "{% $states.context.Execution.Input.n = 3 %}",
            "{% $states.context.Execution.Input.text = 'red' %}",
            "{% $states.context.Execution.Input.flag %}",
            "{% $exists($states.input.n) %}",
            "{% $count($states.context.Execution.Input.list) >= 3 %}",
        ]
        rules = []
        for _ in range(self.random.randint(1, 3)):
            rule = {"Condition": self.random.choice(conditions), "Next": self.random.choice(later)}
            rules.append(self.output(rule, 0.3))
        state = self.output({"Choices": rules}, 0.3)
        # Something leads to every state: what nothing leads to is refused.
        if self.chance(0.9):
            state["Default"] = later[0]
        else:
            rules[0]["Next"] = later[0]
        return state

    def jsonata_parallel(self, depth, later, known):
        state = {}
        if self.chance(0.4):
            state["Arguments"] = self.object()
        if self.chance(0.4):
            state["Output"] = {"first": "{% $states.result[0] %}", "n": "{% $states.context.Execution.Input.n %}"}
        branches = self.random.randint(1, 3)
        state["Branches"] = [self.flow(depth - 1, self.inner(), known, simple=True) for _ in range(branches)]
        return state

    def jsonata_map(self, depth, later, known):
        long = ["{% $states.context.Execution.Input.list %}", "{% $states.context.Execution.Input.objects %}"]
        state = {"Items": self.random.choice(long if depth == DEPTH_OF_LONG == self.depth else [[1, 2, 3], "{% $states.input.list %}"])}
        if self.chance(0.5):
            state["ItemSelector"] = {
                "n": "{% $states.context.Map.Item.Index %}",
                "item": "{% $states.context.Map.Item.Value %}",
                "inner": "{% $states.context.Execution.Input.inner %}",
            }
        if self.chance(0.6):
            state["MaxConcurrency"] = self.random.choice([0, 1, 2, 3, 39, 40, 41, "{% 1 + 1 %}"])
        if self.chance(0.3):
            state["Output"] = {"count": "{% $count($states.result) %}", "all": "{% $states.result %}"}
        state["ItemProcessor"] = self.flow(depth - 1, self.inner(), known, simple=True)
        return state

    def inner(self):
        """States inside of a state are in the machine's language, whatever that state is in."""
        return self.machine_language
