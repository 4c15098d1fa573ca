//! Flows: the machine, the branches of a Parallel, the processor of a Map, and the transitions in them.

use std::collections::HashMap;

use json::Str;

use crate::diagnostics::{Code, Findings, Place};
use crate::document::{Content, Node};
use crate::limits::{SECONDS_MAX, STATE_NESTING_MAX};
use crate::model::{Flow, FlowId, QueryLanguage, State, StateId, StateMachine, Transition};
use crate::parse::Rules;
use crate::parse::fields::{Field, Fields, In, Known, Location, report};
use crate::validate::{FlowOutline, Outline, Part, StateOutline};

const MACHINE: &Known = &[
    ("Comment", In::Both),
    ("StartAt", In::Both),
    ("States", In::Both),
    ("Version", In::Both),
    ("TimeoutSeconds", In::Both),
    ("QueryLanguage", In::Both),
];

const BRANCH: &Known = &[("Comment", In::Both), ("StartAt", In::Both), ("States", In::Both)];

const PROCESSOR: &Known = &[
    ("Comment", In::Both),
    ("StartAt", In::Both),
    ("States", In::Both),
    ("ProcessorConfig", In::Both),
];

/// Reads a document into flows and states, and keeps an outline for the checks of the whole.
pub(crate) struct Reader<'d> {
    pub(crate) outline: Outline,
    pub(crate) rules: Rules,
    pub(crate) findings: &'d Findings,
    /// Findings about how states belong together; reported after those about single fields.
    whole: &'d Findings,
    language: QueryLanguage,
    depth: usize,
    pub(crate) flows: Vec<Option<Flow>>,
    pub(crate) states: Vec<Option<State>>,
}

/// What the machine says of itself.
#[derive(Default)]
pub(crate) struct Head {
    comment: Option<Str>,
    timeout_seconds: Option<u64>,
}

/// The states that a transition may lead to.
pub(crate) struct Scope<'s> {
    pub(crate) flow: FlowId,
    names: HashMap<&'s str, StateId>,
}

impl<'s> Scope<'s> {
    /// States numbered from 0 in the order of their names.
    pub(crate) fn new(flow: FlowId, names: &'s [Str]) -> Self {
        let names = names.iter().map(|name| &**name);
        Self {
            flow,
            names: names.zip((0..).map(StateId)).collect(),
        }
    }
}

impl<'d> Reader<'d> {
    pub(crate) fn new(findings: &'d Findings, whole: &'d Findings, rules: Rules) -> Self {
        Self {
            outline: Outline::default(),
            rules,
            findings,
            whole,
            language: QueryLanguage::JsonPath,
            depth: 0,
            flows: Vec::new(),
            states: Vec::new(),
        }
    }

    /// Reads the whole machine.
    pub(crate) fn machine(&mut self, root: &Node) -> Option<Head> {
        let Content::Object(object) = &root.content else {
            let message = "Definition must be a valid JSON object";
            report(
                self.findings,
                Code::InvalidJsonDescription,
                &Location::ROOT,
                root.place,
                message,
            );
            return None;
        };
        let fields = Fields {
            object,
            location: Location::ROOT,
            place: root.place,
            language: QueryLanguage::JsonPath,
            findings: self.findings,
        };
        fields.check_names(&[MACHINE]);
        if let Some(version) = fields.get("Version") {
            version.one_of(&["1.0"]);
        }
        if let Some(field) = fields.get("QueryLanguage") {
            self.language = language(&field);
        }
        let timeout_seconds = fields
            .get("TimeoutSeconds")
            .map(|field| field.whole(1, SECONDS_MAX));
        self.flow(&fields, None);
        Some(Head {
            comment: fields.comment(),
            timeout_seconds: timeout_seconds.flatten(),
        })
    }

    /// The machine, once everything was read and found right.
    pub(crate) fn finish(self, head: Option<Head>) -> Option<StateMachine> {
        let head = head?;
        Some(StateMachine {
            comment: head.comment,
            timeout_seconds: head.timeout_seconds,
            query_language: self.language,
            limits: self.rules.limits,
            flows: self.flows.into_iter().collect::<Option<_>>()?,
            states: self.states.into_iter().collect::<Option<_>>()?,
        })
    }

    /// Reads a branch of a Parallel.
    pub(crate) fn branch(&mut self, field: &Field<'_>, owner: StateId, index: usize) -> Option<FlowId> {
        let mut fields = field.object()?;
        fields.language = self.language;
        fields.check_names(&[BRANCH]);
        fields.comment();
        self.flow(&fields, Some((owner, Part::Branch(index))))
    }

    /// Reads the processor of a Map.
    pub(crate) fn processor(&mut self, fields: &Fields<'_>, owner: StateId, part: Part) -> Option<FlowId> {
        fields.check_names(&[PROCESSOR]);
        fields.comment();
        self.flow(fields, Some((owner, part)))
    }

    fn flow(&mut self, fields: &Fields<'_>, owner: Option<(StateId, Part)>) -> Option<FlowId> {
        if self.depth == STATE_NESTING_MAX {
            let message = format!("States are nested more than {STATE_NESTING_MAX} levels deep");
            fields.report(Code::TooDeeplyNested, fields.place, message);
            return None;
        }
        let id = FlowId(self.flows.len() as u32);
        self.flows.push(None);
        self.outline.flows.push(FlowOutline {
            owner,
            ..FlowOutline::default()
        });

        fields.require(&["States", "StartAt"]);
        let start = fields.get("StartAt");
        let Some(states) = fields.get("States") else {
            start.and_then(|start| start.filled_text());
            return None;
        };
        let Content::Object(members) = &states.node.content else {
            return states.expected("Object");
        };
        if members.len() == 0 {
            states.error("Value cannot be empty");
        }
        for (name, place) in members.repeated() {
            self.outline.flows[id.0 as usize]
                .repeated
                .push((name.clone(), *place));
        }

        let first = self.states.len() as u32;
        let mut scope = Scope {
            flow: id,
            names: HashMap::with_capacity(members.len()),
        };
        for (state, (name, member)) in (first..).zip(members.iter()) {
            scope.names.insert(name, StateId(state));
            self.states.push(None);
            self.outline
                .states
                .push(StateOutline::new(name.clone(), id, member.place));
            self.outline.flows[id.0 as usize].states.push(StateId(state));
        }

        let start_at = start.and_then(|start| self.target(&start, &scope));
        self.outline.flows[id.0 as usize].start = start_at;
        self.depth += 1;
        for (state, (name, _)) in (first..).zip(members.iter()) {
            let field = Field {
                name,
                node: &members.get(name)?.value,
                location: states.location.state(name),
                language: self.language,
                findings: self.findings,
            };
            self.states[state as usize] = self.state(StateId(state), &field, &scope);
        }
        self.depth -= 1;

        let states = (first..first + members.len() as u32).map(StateId).collect();
        let owner = owner.map(|(state, _)| state);
        self.flows[id.0 as usize] = Some(Flow {
            start_at: start_at?,
            owner,
            states,
        });
        Some(id)
    }

    /// The state that a field names, which must stand in the same flow.
    fn target(&self, field: &Field<'_>, scope: &Scope<'_>) -> Option<StateId> {
        let name = field.filled_text()?;
        let target = scope.names.get(&**name).copied();
        if target.is_none() {
            let message = format_args!("Missing 'Next' target: {name}");
            report(
                self.whole,
                Code::MissingTransitionTarget,
                &field.location,
                field.node.place,
                message,
            );
        }
        target
    }

    /// A transition of a state: `Next`, `Default`, the `Next` of a rule or a catcher.
    pub(crate) fn goes_to(&mut self, from: StateId, field: &Field<'_>, scope: &Scope<'_>) -> Option<StateId> {
        let target = self.target(field, scope)?;
        self.outline.states[from.0 as usize].next.push(target);
        Some(target)
    }

    /// `Next` or `End`.
    pub(crate) fn transition(
        &mut self,
        id: StateId,
        fields: &Fields<'_>,
        scope: &Scope<'_>,
    ) -> Option<Transition> {
        let end = fields.get("End").map(|end| end.boolean());
        if end == Some(Some(true)) {
            self.outline.states[id.0 as usize].ends = true;
        }
        let next = fields.get("Next").map(|next| self.goes_to(id, &next, scope));
        match (next, end) {
            (Some(next), None | Some(Some(false))) => next.map(Transition::Next),
            (None, Some(Some(true))) => Some(Transition::End),
            (Some(_), Some(Some(true))) => {
                fields.at_most_one(&["Next", "End"]);
                None
            }
            (None, None | Some(Some(false))) => {
                fields.error("One of these fields is required: [Next, End]");
                None
            }
            (_, Some(None)) => None,
        }
    }

    /// The language of a state's expressions.
    pub(crate) fn state_language(&self, fields: &Fields<'_>) -> QueryLanguage {
        let Some(field) = fields.get("QueryLanguage") else {
            return self.language;
        };
        match (self.language, language(&field)) {
            (QueryLanguage::Jsonata, QueryLanguage::JsonPath) => {
                fields.error(
                    "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine",
                );
                QueryLanguage::JsonPath
            }
            (_, language) => language,
        }
    }

    pub(crate) fn assigned(&mut self, id: StateId, name: Str, part: Part, place: Place) {
        self.outline.states[id.0 as usize]
            .assigned
            .push((name, part, place));
    }
}

/// AWS takes everything but `JSONPath` for JSONata, and reports what is neither.
fn language(field: &Field<'_>) -> QueryLanguage {
    match field.one_of(&["JSONPath", "JSONata"]) {
        Some("JSONPath") => QueryLanguage::JsonPath,
        _ => QueryLanguage::Jsonata,
    }
}
