//! Map: its fields. Those that only a Distributed Map has are read in `distributed`.

use crate::diagnostics::Code;
use crate::model::{ChildType, FlowId, Items, Map, Percentage, QueryLanguage, StateId, Tolerance};
use crate::parse::fields::{Field, Fields, In, Known};
use crate::parse::flow::{Reader, Scope};
use crate::validate::Part;

pub(crate) const KNOWN: &Known = &[
    ("ItemProcessor", In::Both),
    ("Iterator", In::Both),
    ("Items", In::Jsonata),
    ("ItemsPath", In::JsonPath),
    ("ItemSelector", In::Both),
    ("Parameters", In::JsonPath),
    ("MaxConcurrency", In::Both),
    ("MaxConcurrencyPath", In::JsonPath),
    ("ResultSelector", In::JsonPath),
    ("ResultPath", In::JsonPath),
    ("Retry", In::Both),
    ("Catch", In::Both),
    ("ItemReader", In::Both),
    ("ItemBatcher", In::Both),
    ("ResultWriter", In::Both),
    ("Label", In::Both),
    ("ToleratedFailureCount", In::Both),
    ("ToleratedFailureCountPath", In::JsonPath),
    ("ToleratedFailurePercentage", In::Both),
    ("ToleratedFailurePercentagePath", In::JsonPath),
];

/// What only a Distributed Map may have. A tolerated failure is allowed, and means nothing, on an inline one.
const DISTRIBUTED_ONLY: [&str; 4] = ["ItemReader", "ItemBatcher", "ResultWriter", "Label"];

/// How a Map runs its iterations.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Inline,
    Distributed(ChildType),
}

impl Reader<'_> {
    pub(crate) fn map(&mut self, id: StateId, fields: &Fields<'_>, scope: &Scope<'_>) -> Option<Map> {
        fields.exactly_one(&["ItemProcessor", "Iterator"]);
        let items = items(fields);
        fields.at_most_one(&["ItemSelector", "Parameters"]);
        let selector = if fields.has("ItemSelector") {
            "ItemSelector"
        } else {
            "Parameters"
        };
        let item_selector = fields.template(selector);
        let max_concurrency =
            fields.whole_or_reference("MaxConcurrency", "MaxConcurrencyPath", 0, i32::MAX as u64);
        let tolerance = tolerance(fields);
        let (mode, processor) = self.item_processor(id, fields);
        let distributed = match mode {
            Mode::Inline => {
                refuse_distributed_fields(fields);
                Some(None)
            }
            Mode::Distributed(children) => self.distributed(id, fields, children).map(Some),
        };
        let after = self.after(id, fields, scope);
        Some(Map {
            items: items?,
            item_selector: item_selector?,
            max_concurrency: max_concurrency?,
            tolerance: tolerance?,
            distributed: distributed?,
            processor: processor?,
            after: after?,
        })
    }

    fn item_processor(&mut self, id: StateId, fields: &Fields<'_>) -> (Mode, Option<FlowId>) {
        let (field, part) = match (fields.get("ItemProcessor"), fields.get("Iterator")) {
            (Some(field), _) => (field, Part::ItemProcessor),
            (None, Some(field)) => (field, Part::Iterator),
            (None, None) => return (Mode::Inline, None),
        };
        let Some(mut processor) = field.object() else {
            return (Mode::Inline, None);
        };
        // The language of a Map is not the language of the states in it.
        processor.language = QueryLanguage::JsonPath;
        let mode = processor
            .get("ProcessorConfig")
            .map_or(Mode::Inline, |config| self.mode(&config));
        let around = self.rules;
        // They wait for activities, jobs and callbacks no more than any Express execution does.
        self.rules.express |= mode == Mode::Distributed(ChildType::Express);
        let flow = self.processor(&processor, id, part);
        self.rules = around;
        (mode, flow)
    }

    fn mode(&mut self, field: &Field<'_>) -> Mode {
        let Some(config) = field.object() else {
            return Mode::Inline;
        };
        config.check_names(&[&[("Mode", In::Both), ("ExecutionType", In::Both)]]);
        let mode = config
            .get("Mode")
            .and_then(|mode| mode.one_of(&["INLINE", "DISTRIBUTED"]));
        let execution_type = config
            .get("ExecutionType")
            .map(|field| field.one_of(&["STANDARD", "EXPRESS"]));
        if mode != Some("DISTRIBUTED") {
            if mode.is_some() && execution_type.is_some() {
                config.error("Field 'ExecutionType' is not supported");
            }
            return Mode::Inline;
        }
        config.require(&["ExecutionType"]);
        if self.rules.express {
            config.get("Mode").inspect(|mode| {
                mode.error("Express state machine does not support Map state in DISTRIBUTED mode");
            });
        }
        Mode::Distributed(match execution_type.flatten() {
            Some("EXPRESS") => ChildType::Express,
            _ => ChildType::Standard,
        })
    }
}

/// `ItemsPath`, or `Items`: an array or an expression.
fn items(fields: &Fields<'_>) -> Option<Items> {
    match fields.language {
        QueryLanguage::JsonPath => match fields.get("ItemsPath") {
            Some(field) => field.path().map(|path| Items::Path(Some(path))),
            None => Some(Items::Path(None)),
        },
        QueryLanguage::Jsonata => match fields.get("Items") {
            Some(field) => {
                if !field.is_expression() {
                    field.array()?;
                }
                field.template().map(|items| Items::Template(Some(items)))
            }
            None => Some(Items::Template(None)),
        },
    }
}

fn tolerance(fields: &Fields<'_>) -> Option<Tolerance> {
    let count = fields.whole_or_reference(
        "ToleratedFailureCount",
        "ToleratedFailureCountPath",
        0,
        i64::MAX as u64,
    );
    let alone = fields.at_most_one(&["ToleratedFailurePercentage", "ToleratedFailurePercentagePath"]);
    let literal = fields.get("ToleratedFailurePercentage").map(|field| {
        if field.is_expression() {
            return field.query().map(Percentage::Query);
        }
        field.number(0.0, 100.0).map(Percentage::Literal)
    });
    let path = fields
        .get("ToleratedFailurePercentagePath")
        .map(|field| field.reference().map(Percentage::Path));
    let percentage = match literal.or(path) {
        Some(percentage) => Some(percentage?),
        None => None,
    };
    let count = count?;
    alone.then_some(Tolerance { count, percentage })
}

fn refuse_distributed_fields(fields: &Fields<'_>) {
    for name in DISTRIBUTED_ONLY {
        if let Some(member) = fields.object.get(name) {
            let message = format_args!("Field '{name}' is not supported");
            fields.report(Code::SchemaValidationFailed, member.place, message);
        }
    }
}
