//! Expressions: compiled once, evaluated often, looked into.

use std::fmt;
use std::sync::Arc;

use json::{Str, Value};

use crate::ast::{Kind, Node, Sym};
use crate::budget::Budget;
use crate::dialect::Dialect;
use crate::error::Error;
use crate::evaluate::Evaluator;
use crate::functions::{Builtin, Functions, builtin};
use crate::outcome::{Outcome, settle};
use crate::value::Val;

/// How an expression is to be understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The release of the language.
    pub dialect: Dialect,
    /// The functions it can call.
    pub functions: Functions,
}

impl From<Dialect> for Options {
    /// A dialect with JSONata's own functions.
    fn from(dialect: Dialect) -> Self {
        Self {
            dialect,
            functions: Functions::Standard,
        }
    }
}

/// A compiled expression. Clones share it; it can be evaluated by many threads at once.
#[derive(Clone)]
pub struct Expression(Arc<Compiled>);

pub(crate) struct Compiled {
    pub(crate) node: Node,
    pub(crate) names: Vec<Str>,
    pub(crate) builtins: Vec<Option<&'static Builtin>>,
    pub(crate) options: Options,
}

/// What an evaluation is given from outside.
pub struct Env<'a> {
    /// The value of a variable, by its name without `$`.
    pub variables: &'a dyn Fn(&str) -> Option<Value>,
    /// The moment that `$now` and `$millis` tell, in milliseconds since 1970.
    pub now_millis: i64,
    /// Random bits for `$random`, `$shuffle` and `$uuid`.
    pub random: &'a mut dyn FnMut() -> u64,
    /// What the evaluation may use.
    pub budget: Budget<'a>,
}

/// A place where an expression refers to something outside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The names, from the outermost: of `$states.input.a`, `states`, `input` and `a`.
    pub path: Vec<Str>,
    /// Where it stands, in UTF-16 units; as jsonata-js counts, after the first name.
    pub position: usize,
}

/// What an expression refers to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// Variables that it does not bind itself and that are no builtin function, with the names that follow them.
    pub variables: Vec<Reference>,
    /// Names that are looked up in the input itself, of which `phone` in `phone.home` is one.
    pub top_level: Vec<Reference>,
    /// Uses of the whole input, `$$`.
    pub root: Vec<Reference>,
    /// Uses of the context, `$`, where it is the input.
    pub context: Vec<Reference>,
}

impl Expression {
    /// Compiles an expression.
    pub fn compile(text: &str, options: impl Into<Options>) -> Result<Self, Error> {
        let options = options.into();
        let mut names = Vec::new();
        let node = crate::parser::compile(text, options.dialect, &mut names)?;
        let builtins = names
            .iter()
            .map(|name| builtin(name, options.functions))
            .collect();
        Ok(Self(Arc::new(Compiled {
            node,
            names,
            builtins,
            options,
        })))
    }

    /// How it was understood.
    pub fn options(&self) -> Options {
        self.0.options
    }

    /// Evaluates the expression over an input.
    pub fn evaluate<'a>(&'a self, input: Option<&Value>, env: Env<'a>) -> Result<Outcome, Error> {
        let input = input.cloned().map_or(Val::Undefined, Val::Json);
        let parts_max = env.budget.bytes_max / 8 + 1024;
        let mut evaluator = Evaluator::new(&self.0, input, env);
        let value = evaluator.run()?;
        drop(evaluator);
        settle(value, parts_max)
    }

    /// What the expression refers to outside itself.
    pub fn references(&self) -> References {
        let mut found = References::default();
        let mut scope = Vec::new();
        self.look(&self.0.node, true, &mut scope, &mut found);
        found
    }

    fn look(&self, node: &Node, at_top: bool, scope: &mut Vec<Sym>, found: &mut References) {
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || {
            self.look_into(node, at_top, scope, found)
        });
    }

    fn look_into(&self, node: &Node, at_top: bool, scope: &mut Vec<Sym>, found: &mut References) {
        let floor = scope.len();
        match &node.kind {
            Kind::Path(steps) => {
                self.refer(&steps[0], &steps[1..], at_top, scope, found);
                for (place, step) in steps.iter().enumerate() {
                    scope.extend(step.focus);
                    scope.extend(step.index);
                    if place == 0 && !matches!(step.kind, Kind::Variable(_) | Kind::Context | Kind::Name(_)) {
                        self.look(step, at_top, scope, found);
                    } else {
                        // A predicate's context is an item, not the input.
                        step.parts(&mut |part| self.look(part, false, scope, found));
                    }
                    self.bind_stages(step, scope);
                }
                self.look_at_group(node, scope, found);
                scope.truncate(floor);
                return;
            }
            Kind::Variable(_) | Kind::Context => self.refer(node, &[], at_top, scope, found),
            Kind::Bind(name, value) => {
                self.look(value, at_top, scope, found);
                scope.push(*name);
                return;
            }
            Kind::Lambda(lambda) => {
                scope.extend(&lambda.parameters);
                self.look(&lambda.body, at_top, scope, found);
                scope.truncate(floor);
                return;
            }
            Kind::Transform(transform) => {
                self.look(&transform.pattern, false, scope, found);
                self.look(&transform.update, false, scope, found);
                transform
                    .delete
                    .iter()
                    .for_each(|node| self.look(node, false, scope, found));
                return;
            }
            Kind::Wildcard | Kind::Descendant if at_top => found.context.push(Reference {
                path: Vec::new(),
                position: node.position,
            }),
            _ => {}
        }
        let is_block = matches!(node.kind, Kind::Block(..));
        node.parts(&mut |part| self.look(part, at_top, scope, found));
        if is_block {
            scope.truncate(floor);
        }
    }

    fn bind_stages(&self, step: &Node, scope: &mut Vec<Sym>) {
        for stage in &step.stages {
            if let crate::ast::Stage::Index(name) = stage {
                scope.push(*name);
            }
        }
    }

    fn look_at_group(&self, node: &Node, scope: &mut Vec<Sym>, found: &mut References) {
        for (key, value) in node.group.iter().flat_map(|group| &group.pairs) {
            self.look(key, false, scope, found);
            self.look(value, false, scope, found);
        }
    }

    fn refer(&self, first: &Node, rest: &[Node], at_top: bool, scope: &[Sym], found: &mut References) {
        let (list, name) = match &first.kind {
            Kind::Name(name) if at_top => (&mut found.top_level, name.clone()),
            Kind::Context if at_top => (&mut found.context, "".into()),
            Kind::Variable(name) if !scope.contains(name) => {
                let text = self.0.names[name.0 as usize].clone();
                if &*text == "$" {
                    (&mut found.root, text)
                } else if self.0.builtins[name.0 as usize].is_some() {
                    return;
                } else {
                    (&mut found.variables, text)
                }
            }
            _ => return,
        };
        let mut path = vec![name];
        if first.predicate.is_empty() && first.stages.is_empty() {
            for step in rest {
                let Kind::Name(name) = &step.kind else { break };
                path.push(name.clone());
                if !step.stages.is_empty() {
                    break;
                }
            }
        }
        list.push(Reference {
            path,
            position: first.position,
        });
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Expression").field(&self.0.node).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind as Limit;

    const STEP_FUNCTIONS: Options = Options {
        dialect: Dialect::V2_0_6,
        functions: Functions::StepFunctions,
    };

    fn evaluate(text: &str) -> Result<Outcome, Error> {
        let env = Env {
            variables: &|_| None,
            now_millis: 0,
            random: &mut || 0,
            budget: Budget::AWS,
        };
        Expression::compile(text, STEP_FUNCTIONS)?.evaluate(None, env)
    }

    fn shown(text: &str) -> String {
        match evaluate(text) {
            Ok(Outcome::Value(value)) => value.to_string(),
            Ok(other) => format!("{other:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn step_functions_are_as_recorded() {
        for (text, value) in [
            ("$range(1, 9, 9)", "1"),
            ("$range(0, 9, 3)", "[0,3,6,9]"),
            ("$partition([0], 1)", "[[0]]"),
            ("$partition([1..5], 2)", "[[1,2],[3,4],[5]]"),
            ("$parse(\"-0\")", "0"),
            ("$random(42)", "0.7275636800328681"),
            ("$hash(\"\", \"MD5\")", "\"d41d8cd98f00b204e9800998ecf8427e\""),
            ("$uuid()", "\"00000000-0000-4000-8000-000000000000\""),
            ("1/0", "\"Infinity\""),
            ("[1/0, {\"a\": -1/0}]", "[\"Infinity\",{\"a\":\"-Infinity\"}]"),
            ("$eval(\"1\")", "T1006: Attempted to invoke a non-function"),
            ("$sum", "Function"),
            ("$nothing", "Undefined"),
        ] {
            assert_eq!(shown(text), value, "{text}");
        }
    }

    #[test]
    fn depth_counts_as_on_aws() {
        let terms = |count: usize| vec!["1"; count].join("+");
        assert_eq!(shown(&terms(100)), "100");
        assert_eq!(evaluate(&terms(101)).unwrap_err().kind(), Limit::Depth);
        let recursion = |count| format!("($f := function($n){{$n = 0 ? 0 : 1 + $f($n - 1)}}; $f({count}))");
        assert_eq!(shown(&recursion(31)), "31");
        assert_eq!(evaluate(&recursion(32)).unwrap_err().kind(), Limit::Depth);
    }

    #[test]
    fn memory_counts_as_on_aws() {
        assert_eq!(shown("$count([1..873782])"), "873782");
        assert_eq!(evaluate("$count([1..873783])").unwrap_err().kind(), Limit::Memory);
        assert_eq!(shown("$length($pad(\"\", 4194304))"), "4194304");
        assert_eq!(evaluate("$pad(\"\", 8388608)").unwrap_err().kind(), Limit::Memory);
    }

    #[test]
    fn references_say_what_is_used_from_outside() {
        let text =
            "($x := $states.input.items[price > $limit].sku; $map($x, function($i){$i & phone}) ~> $count)";
        let found = Expression::compile(text, STEP_FUNCTIONS).unwrap().references();
        let paths = |list: &[Reference]| list.iter().map(|one| one.path.join(".")).collect::<Vec<_>>();
        assert_eq!(paths(&found.variables), ["states.input.items", "limit"]);
        assert_eq!(paths(&found.top_level), ["phone"]);
        assert!(found.root.is_empty());
        let found = Expression::compile("$$.a & $states.errorOutput", STEP_FUNCTIONS)
            .unwrap()
            .references();
        assert_eq!(paths(&found.root), ["$.a"]);
        assert_eq!(paths(&found.variables), ["states.errorOutput"]);
    }

    #[test]
    fn expressions_are_shared_between_threads() {
        fn is_shared<T: Send + Sync + Clone>() {}
        is_shared::<Expression>();
    }
}
