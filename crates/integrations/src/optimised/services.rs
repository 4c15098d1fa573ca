//! The services with integrations of their own: what each is called where, and which operation an action is.
//!
//! The table is `services.txt`.

use std::sync::LazyLock;

/// A service with an integration of its own that does no more than call the service.
#[derive(Debug)]
pub(crate) struct Service {
    /// Its name in a task's resource.
    pub(crate) name: &'static str,
    /// Its name among all services of AWS.
    pub(crate) id: &'static str,
    /// What its errors begin with.
    pub(crate) prefix: &'static str,
    /// What it is called in causes.
    pub(crate) client: &'static str,
    /// The error of a code that the service doesn't declare.
    pub(crate) base: &'static str,
    /// Its actions.
    pub(crate) actions: Vec<Action>,
}

/// An action of a service.
#[derive(Debug)]
pub(crate) struct Action {
    /// Its name in a task's resource.
    pub(crate) name: &'static str,
    /// The operation that it calls.
    pub(crate) operation: &'static str,
    /// The parameters that it takes, where these are not those of the operation.
    pub(crate) parameters: Option<Parameters>,
}

/// The parameters of an action.
#[derive(Debug, PartialEq)]
pub(crate) struct Parameters {
    pub(crate) required: Vec<&'static str>,
    /// The required ones among them.
    pub(crate) all: Vec<&'static str>,
}

static SERVICES: LazyLock<Vec<Service>> = LazyLock::new(|| read(include_str!("services.txt")));

/// The service and the action that a task's resource names.
pub(crate) fn find(service: &str, action: &str) -> Option<(&'static Service, &'static Action)> {
    let service = named(service)?;
    let action = service.actions.iter().find(|known| known.name == action)?;
    Some((service, action))
}

/// What the errors of a service begin with.
pub(crate) fn prefix(service: &str) -> Option<&'static str> {
    named(service).map(|service| service.prefix)
}

/// The name among all services of AWS, as in `aws-sdk` resources, of a service with an integration of its own.
pub fn service_id(service: &str) -> Option<&'static str> {
    named(service).map(|service| service.id)
}

fn named(service: &str) -> Option<&'static Service> {
    SERVICES.iter().find(|known| known.name == service)
}

fn read(table: &'static str) -> Vec<Service> {
    let mut services: Vec<Service> = Vec::new();
    for line in table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        if line.starts_with(' ') {
            if let Some(service) = services.last_mut() {
                service.actions.extend(read_actions(line));
            }
            continue;
        }
        let mut parts = line.split('|').map(str::trim);
        let [name, id, prefix, client, base] = std::array::from_fn(|_| parts.next().unwrap_or_default());
        services.push(Service {
            name,
            id,
            prefix,
            client,
            base,
            actions: Vec::new(),
        });
    }
    services
}

fn read_actions(mut line: &'static str) -> Vec<Action> {
    let mut actions = Vec::new();
    while let Some(start) = line.find(|c: char| !c.is_whitespace()) {
        line = &line[start..];
        let end = line
            .find(|c: char| c == '(' || c.is_whitespace())
            .unwrap_or(line.len());
        let (names, rest) = line.split_at(end);
        let listed = rest.strip_prefix('(').and_then(|rest| rest.split_once(')'));
        let (name, operation) = names.split_once('=').unwrap_or((names, names));
        actions.push(Action {
            name,
            operation,
            parameters: listed.map(|(parameters, _)| read_parameters(parameters)),
        });
        line = listed.map_or(rest, |(_, rest)| rest);
    }
    actions
}

fn read_parameters(text: &'static str) -> Parameters {
    let required = text
        .split_whitespace()
        .filter_map(|parameter| parameter.strip_suffix('*'));
    let all = text
        .split_whitespace()
        .map(|parameter| parameter.trim_end_matches('*'));
    Parameters {
        required: required.collect(),
        all: all.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_calls_an_operation_that_takes_its_parameters() {
        let all = aws::Services::embedded();
        let mut actions = 0;
        for service in &*SERVICES {
            for action in &service.actions {
                actions += 1;
                let call = all.find(service.id, action.operation).unwrap();
                // EMR's actions have parameters of their own.
                if service.name == "elasticmapreduce" {
                    continue;
                }
                let input = call
                    .operation()
                    .input
                    .and_then(|id| call.service().structure(id))
                    .unwrap();
                for parameter in action.parameters.iter().flat_map(|parameters| &parameters.all) {
                    assert!(
                        input.members.iter().any(|member| &*member.api_name == *parameter),
                        "{} {parameter}",
                        action.name
                    );
                }
            }
        }
        assert_eq!((SERVICES.len(), actions), (17, 56));
    }

    #[test]
    fn actions_are_read_with_their_operations_and_parameters() {
        let actions = read_actions("    a b=c(X* Y) d(Z) e=f");
        let parameters = |required: &[&'static str], all: &[&'static str]| {
            Some(Parameters {
                required: required.to_vec(),
                all: all.to_vec(),
            })
        };
        let shown: Vec<_> = actions
            .into_iter()
            .map(|action| (action.name, action.operation, action.parameters))
            .collect();
        assert_eq!(
            shown,
            [
                ("a", "a", None),
                ("b", "c", parameters(&["X"], &["X", "Y"])),
                ("d", "d", parameters(&[], &["Z"])),
                ("e", "f", None)
            ]
        );
    }
}
