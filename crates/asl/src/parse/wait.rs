//! Wait: its fields.

use crate::limits::SECONDS_MAX;
use crate::model::{StateId, Until, Wait};
use crate::parse::fields::{Field, Fields, In, Known};
use crate::parse::flow::{Reader, Scope};
use crate::timestamp;

pub(crate) const KNOWN: &Known = &[
    ("Seconds", In::Both),
    ("SecondsPath", In::JsonPath),
    ("Timestamp", In::Both),
    ("TimestampPath", In::JsonPath),
];

impl Reader<'_> {
    pub(crate) fn wait(&mut self, id: StateId, fields: &Fields<'_>, scope: &Scope<'_>) -> Option<Wait> {
        let alone = fields.exactly_one(&["Seconds", "SecondsPath", "Timestamp", "TimestampPath"]);
        let seconds = fields.get("Seconds").map(|field| {
            field.warn_of_path_name();
            if field.is_expression() {
                return field.query().map(Until::SecondsQuery);
            }
            field.whole(0, SECONDS_MAX).map(Until::Seconds)
        });
        let seconds_path = fields
            .get("SecondsPath")
            .map(|field| field.path().map(Until::SecondsPath));
        let timestamp = fields.get("Timestamp").map(|field| moment(&field));
        let timestamp_path = fields
            .get("TimestampPath")
            .map(|field| field.path().map(Until::TimestampPath));
        let transition = self.transition(id, fields, scope);
        if !alone {
            return None;
        }
        let until = seconds.or(seconds_path).or(timestamp).or(timestamp_path)?;
        Some(Wait {
            until: until?,
            transition: transition?,
        })
    }
}

fn moment(field: &Field<'_>) -> Option<Until> {
    if field.is_expression() {
        return field.query().map(Until::TimestampQuery);
    }
    field.warn_of_path_name();
    let instant = timestamp::parse(field.text()?);
    if instant.is_none() {
        field.error("String does not match RFC3339 timestamp");
    }
    instant.map(|instant| Until::Timestamp(timestamp::millis(instant)))
}
