//! What Task, Parallel and Map share: the result, `Retry` and `Catch`.

use json::Str;

use crate::limits::{MAX_ATTEMPTS_MAX, MAX_DELAY_SECONDS_MAX, SECONDS_MAX};
use crate::model::{After, Catcher, Retrier, StateId};
use crate::parse::fields::{Field, Fields, In, Known};
use crate::parse::flow::{Reader, Scope};
use crate::query::Sees;
use crate::validate::Part;

const RETRIER: &Known = &[
    ("ErrorEquals", In::Both),
    ("IntervalSeconds", In::Both),
    ("MaxAttempts", In::Both),
    ("BackoffRate", In::Both),
    ("MaxDelaySeconds", In::Both),
    ("JitterStrategy", In::Both),
    ("Comment", In::Both),
];

const CATCHER: &Known = &[
    ("ErrorEquals", In::Both),
    ("Next", In::Both),
    ("ResultPath", In::JsonPath),
    ("Output", In::Jsonata),
    ("Assign", In::Both),
    ("Comment", In::Both),
];

impl Reader<'_> {
    pub(crate) fn after(&mut self, id: StateId, fields: &Fields<'_>, scope: &Scope<'_>) -> Option<After> {
        let result_selector = fields.template("ResultSelector");
        let result_path = fields.result_path();
        let retry = fields
            .get("Retry")
            .map_or(Some(Vec::new()), |field| retry(&field));
        let catch = fields
            .get("Catch")
            .map_or(Some(Vec::new()), |field| self.catch(id, &field, scope));
        let transition = self.transition(id, fields, scope);
        Some(After {
            result_selector: result_selector?,
            result_path: result_path?,
            retry: retry?,
            catch: catch?,
            transition: transition?,
        })
    }

    fn catch(&mut self, id: StateId, field: &Field<'_>, scope: &Scope<'_>) -> Option<Vec<Catcher>> {
        let elements = field.array()?;
        let mut catchers = Vec::with_capacity(elements.len());
        for (index, node) in elements.iter().enumerate() {
            let element = field.element(index, node);
            let is_last = index + 1 == elements.len();
            catchers.push(self.catcher(id, &element, scope, index, is_last));
        }
        catchers.into_iter().collect()
    }

    fn catcher(
        &mut self,
        id: StateId,
        element: &Field<'_>,
        scope: &Scope<'_>,
        index: usize,
        is_last: bool,
    ) -> Option<Catcher> {
        let fields = element.object()?;
        fields.check_names(&[CATCHER]);
        fields.require(&["ErrorEquals", "Next"]);
        fields.comment();
        let error_equals = error_equals(&fields, is_last);
        let result_path = fields.result_path();
        let output = fields.output(Sees::Error);
        let assign = self.assign(id, &fields, Part::Catch(index), Sees::Error);
        let next = fields.get("Next").and_then(|next| self.goes_to(id, &next, scope));
        Some(Catcher {
            error_equals: error_equals?,
            result_path: result_path?,
            output: output?,
            assign: assign?,
            next: next?,
        })
    }
}

fn retry(field: &Field<'_>) -> Option<Vec<Retrier>> {
    let elements = field.array()?;
    let read = |(index, node)| retrier(&field.element(index, node), index + 1 == elements.len());
    let retriers: Vec<Option<Retrier>> = elements.iter().enumerate().map(read).collect();
    retriers.into_iter().collect()
}

fn retrier(element: &Field<'_>, is_last: bool) -> Option<Retrier> {
    let fields = element.object()?;
    fields.check_names(&[RETRIER]);
    fields.require(&["ErrorEquals"]);
    fields.comment();
    let error_equals = error_equals(&fields, is_last);
    let interval_seconds = whole_or(&fields, "IntervalSeconds", Some(1), 1, SECONDS_MAX);
    let max_attempts = whole_or(&fields, "MaxAttempts", Some(3), 0, MAX_ATTEMPTS_MAX);
    let max_delay = whole_or(&fields, "MaxDelaySeconds", None, 1, MAX_DELAY_SECONDS_MAX);
    let backoff_rate = fields
        .get("BackoffRate")
        .map_or(Some(2.0), |field| field.number(1.0, f64::MAX));
    let jitter = fields
        .get("JitterStrategy")
        .map(|field| field.one_of(&["FULL", "NONE"]));
    Some(Retrier {
        error_equals: error_equals?,
        interval_seconds: interval_seconds??,
        max_attempts: max_attempts??,
        backoff_rate: backoff_rate?,
        max_delay_seconds: max_delay?,
        full_jitter: match jitter {
            Some(jitter) => jitter? == "FULL",
            None => false,
        },
    })
}

/// A whole number, or what holds in its absence; `None` when it is faulty.
fn whole_or(fields: &Fields<'_>, name: &str, absent: Option<u64>, min: u64, max: u64) -> Option<Option<u64>> {
    match fields.get(name) {
        Some(field) => field.whole(min, max).map(Some),
        None => Some(absent),
    }
}

/// `ErrorEquals`: names of errors, of which `States.ALL` stands alone and comes last.
fn error_equals(fields: &Fields<'_>, is_last: bool) -> Option<Vec<Str>> {
    let field = fields.get("ErrorEquals")?;
    let elements = field.filled_array()?;
    let mut names = Vec::with_capacity(elements.len());
    for (index, node) in elements.iter().enumerate() {
        let element = field.element(index, node);
        let name = element.text();
        if name.is_some_and(|name| &**name == "States.ALL") && (elements.len() > 1 || !is_last) {
            element.error("States.ALL must appear alone and at end of list");
        }
        names.push(name.cloned());
    }
    names.into_iter().collect()
}
