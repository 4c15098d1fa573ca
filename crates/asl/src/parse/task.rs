//! Task: its fields.

use crate::limits::SECONDS_MAX;
use crate::model::{Pattern, QueryLanguage, Resource, StateId, Target, Task, Whole};
use crate::parse::fields::{Field, Fields, In, Known};
use crate::parse::flow::{Reader, Scope};
use crate::parse::resource::{self, InvalidResource};
use crate::template::Template;

pub(crate) const KNOWN: &Known = &[
    ("Resource", In::Both),
    ("Parameters", In::JsonPath),
    ("Arguments", In::Jsonata),
    ("ResultSelector", In::JsonPath),
    ("ResultPath", In::JsonPath),
    ("Credentials", In::Both),
    ("TimeoutSeconds", In::Both),
    ("TimeoutSecondsPath", In::JsonPath),
    ("HeartbeatSeconds", In::Both),
    ("HeartbeatSecondsPath", In::JsonPath),
    ("Retry", In::Both),
    ("Catch", In::Both),
];

impl Reader<'_> {
    pub(crate) fn task(&mut self, id: StateId, fields: &Fields<'_>, scope: &Scope<'_>) -> Option<Task> {
        fields.require(&["Resource"]);
        let resource = fields.get("Resource").and_then(|field| self.resource(&field));
        let parameters = fields.template(fields.given());
        let credentials = fields.get("Credentials").map(|field| credentials(&field));
        let timeout = fields.whole("TimeoutSeconds", "TimeoutSecondsPath", 1, SECONDS_MAX);
        let heartbeat = fields.whole("HeartbeatSeconds", "HeartbeatSecondsPath", 1, SECONDS_MAX);
        if let (Some(Some(Whole::Literal(timeout))), Some(Some(Whole::Literal(heartbeat)))) =
            (&timeout, &heartbeat)
            && heartbeat >= timeout
        {
            fields.error("HeartbeatSeconds must be smaller than TimeoutSeconds");
        }
        let after = self.after(id, fields, scope);
        Some(Task {
            resource: resource?,
            parameters: parameters?,
            credentials: match credentials {
                Some(credentials) => Some(credentials?),
                None => None,
            },
            timeout: timeout?,
            heartbeat: heartbeat?,
            after: after?,
        })
    }

    fn resource(&self, field: &Field<'_>) -> Option<Resource> {
        let text = field.filled_text()?;
        let resource = match resource::parse(text) {
            Ok(resource) => resource,
            Err(InvalidResource::NoArn) => {
                field.error("Value is not a valid resource ARN");
                return None;
            }
            Err(InvalidResource::Unknown) => {
                field.error(resource::not_recognized(text));
                return None;
            }
        };
        if let Target::Service { service, action, .. } = &resource.target
            && let Some(service) = service.strip_prefix("aws-sdk:")
            && !(self.rules.sdk_actions.0)(service, action)
        {
            field.error(resource::not_recognized(text));
            return None;
        }
        if self.rules.express {
            refuse_in_express(field, &resource);
        }
        Some(resource)
    }
}

/// Express machines do not wait for anybody.
fn refuse_in_express(field: &Field<'_>, resource: &Resource) {
    let pattern = match &resource.target {
        Target::Activity => return field.error("Express state machine does not support Activity ARN"),
        Target::Function => return,
        Target::Service { pattern, .. } => pattern,
    };
    match pattern {
        Pattern::RequestResponse => {}
        Pattern::Sync => field.error("Express state machine does not support '.sync' service integration"),
        Pattern::Sync2 => field.error("Express state machine does not support '.sync:2' service integration"),
        // AWS's text ends in a space.
        Pattern::WaitForTaskToken => {
            field.error("Express state machine does not support '.waitForTaskToken' service integration ");
        }
    }
}

fn credentials(field: &Field<'_>) -> Option<Template> {
    if field.is_expression() {
        return field.template();
    }
    let fields = field.object()?;
    let jsonata = fields.language == QueryLanguage::Jsonata;
    fields.check_names(&[&[("RoleArn", In::Both), ("RoleArn.$", In::JsonPath)]]);
    if !fields.has("RoleArn") && (jsonata || !fields.has("RoleArn.$")) {
        field.error("The field 'RoleArn' is required but was missing");
        return None;
    }
    fields.at_most_one(&["RoleArn", "RoleArn.$"]);
    if let Some(role) = fields.get("RoleArn")
        && !role.is_expression()
    {
        role.filled_text()?;
    }
    field.template()
}
