//! Parameters: what a service takes, and how AWS says that a task's parameters don't fit.

use json::{Object, Value};

/// The fields of one action's parameters.
pub(crate) struct Fields {
    pub(crate) required: &'static [&'static str],
    pub(crate) optional: &'static [&'static str],
}

impl Fields {
    /// AWS's reason not to start a task with these parameters.
    pub(crate) fn refuse(&self, parameters: &Value) -> Option<String> {
        refusal(parameters, &self.faults(parameters))
    }

    /// What is wrong with which fields are there.
    pub(crate) fn faults(&self, parameters: &Value) -> Vec<String> {
        let known = [self.required, self.optional].concat();
        faults(parameters, self.required, &known)
    }
}

/// What is wrong with parameters of which some are required, and no others are known.
pub(crate) fn faults(parameters: &Value, required: &[&str], known: &[&str]) -> Vec<String> {
    let none = Object::default();
    let given = parameters.as_object().unwrap_or(&none);
    let missing = required
        .iter()
        .filter(|name| !given.contains(name))
        .map(|name| format!("The field '{name}' is required but was missing"));
    let unknown = given
        .names()
        .filter(|name| !known.contains(&&***name))
        .map(|name| format!("The field '{name}' is not supported by Step Functions"));
    missing.chain(unknown).collect()
}

/// AWS's words for what is wrong with parameters, if anything is.
pub(crate) fn refusal(parameters: &Value, faults: &[String]) -> Option<String> {
    if faults.is_empty() {
        return None;
    }
    let faults = faults.join(", ");
    Some(format!(
        "The Parameters '{parameters}' could not be used to start the Task: [{faults}]"
    ))
}

/// A member that should be text; other values stand for their JSON.
pub(crate) fn text(parameters: &Value, name: &str) -> Option<String> {
    match parameters.get(name)? {
        Value::Null => None,
        value => Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: Fields = Fields {
        required: &["A"],
        optional: &["B"],
    };

    #[test]
    fn fields_that_fit_are_taken() {
        assert_eq!(FIELDS.refuse(&json::json!({"A": 1, "B": 2})), None);
    }

    #[test]
    fn missing_and_unknown_fields_are_named() {
        assert_eq!(
            FIELDS.refuse(&json::json!({"C": 1})).unwrap(),
            "The Parameters '{\"C\":1}' could not be used to start the Task: [The field 'A' is required but was \
             missing, The field 'C' is not supported by Step Functions]"
        );
        assert!(FIELDS.refuse(&json::json!("text")).is_some());
    }
}
