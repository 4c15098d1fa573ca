//! Routes: where aliases lead, checked and shown.

use api::{ApiError, Caller, RoutingConfigurationListItem, Text, ValidationExceptionReason};
use ids::{StateMachineArn, VersionArn};
use store::Route;

/// What the weights of an alias's routes sum up to.
const WEIGHT: i32 = 100;

/// A routing configuration, and the state machine whose versions it names.
pub(crate) struct Routing {
    pub(crate) state_machine: StateMachineArn,
    pub(crate) routes: Vec<Route>,
}

/// Checks a routing configuration: distinct versions of one state machine, with weights that sum up to 100.
pub(crate) fn routing(items: &[RoutingConfigurationListItem]) -> Result<Routing, ApiError> {
    let arns: Vec<&str> = items
        .iter()
        .map(|item| item.state_machine_version_arn.as_str())
        .collect();
    let received = format!("Received: [{}]", arns.join(", "));
    let mut versions = Vec::with_capacity(arns.len());
    for arn in &arns {
        match arn.parse::<VersionArn>() {
            Ok(version) => versions.push(version),
            Err(ids::InvalidArn::Resource(_)) => {
                return Err(refused(format!(
                    "Routing configuration must contain state machine version ARNs. {received}"
                )));
            }
            Err(refused) => return Err(refused.into()),
        }
    }
    let Some(state_machine) = versions.first().map(|first| first.state_machine.clone()) else {
        return Err(refused("Routing configuration must not be empty".to_owned()));
    };
    if versions
        .iter()
        .any(|version| version.state_machine != state_machine)
    {
        return Err(refused(format!(
            "Routing configuration must contain versions of the same state machine. {received}"
        )));
    }
    let is_repeated = |place: usize| versions[..place].contains(&versions[place]);
    if (1..versions.len()).any(is_repeated) {
        return Err(refused(format!(
            "Routing configuration must contain distinct state machine version ARNs. {received}"
        )));
    }
    let weights: Vec<i32> = items.iter().map(|item| item.weight).collect();
    if weights.iter().map(|weight| i64::from(*weight)).sum::<i64>() != i64::from(WEIGHT) {
        return Err(refused(format!(
            "Sum of routing configuration weights must equal {WEIGHT}. Received: {weights:?}"
        )));
    }
    let routes = versions.iter().zip(weights).map(|(version, weight)| {
        Ok(Route {
            version: version.version,
            weight: u8::try_from(weight)
                .ok()
                .filter(|weight| i32::from(*weight) <= WEIGHT)
                .ok_or_else(|| refused(format!("A weight must be between 0 and {WEIGHT}: {weight}")))?,
        })
    });
    let routes = routes.collect::<Result<_, ApiError>>()?;
    Ok(Routing {
        state_machine,
        routes,
    })
}

fn refused(message: String) -> ApiError {
    ApiError::validation_exception(message)
        .with_reason(ValidationExceptionReason::InvalidRoutingConfiguration)
}

/// Whether a routing configuration is about resources of the caller.
pub(crate) fn is_own(caller: &Caller, routing: &Routing) -> bool {
    routing.state_machine.scope == caller.scope
}

/// Routes as answers have them.
pub(crate) fn shown(machine_arn: &str, routes: &[Route]) -> Vec<RoutingConfigurationListItem> {
    let shown = |route: &Route| RoutingConfigurationListItem {
        state_machine_version_arn: Text::from(format!("{machine_arn}:{}", route.version)),
        weight: i32::from(route.weight),
    };
    routes.iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine";

    fn given(items: &[(&str, i32)]) -> Vec<RoutingConfigurationListItem> {
        let item = |(resource, weight): &(&str, i32)| RoutingConfigurationListItem {
            state_machine_version_arn: Text::from(format!("{MACHINE}:{resource}")),
            weight: *weight,
        };
        items.iter().map(item).collect()
    }

    #[test]
    fn one_version_or_two_of_one_machine_can_be_routed_to() {
        for items in [
            &[("m:1", 100)][..],
            &[("m:1", 90), ("m:2", 10)],
            &[("m:1", 0), ("m:2", 100)],
        ] {
            let items = given(items);
            let routing = routing(&items).unwrap();
            assert_eq!(routing.state_machine.to_string(), format!("{MACHINE}:m"));
            assert_eq!(shown(&format!("{MACHINE}:m"), &routing.routes), items);
        }
    }

    #[test]
    fn other_configurations_are_refused() {
        for (items, message) in [
            (
                &[("m:1", 50), ("m:1", 50)][..],
                "Routing configuration must contain distinct state machine version ARNs. Received: [M:m:1, M:m:1]",
            ),
            (
                &[("m", 50), ("m:1", 50)],
                "Routing configuration must contain state machine version ARNs. Received: [M:m, M:m:1]",
            ),
            (
                &[("m:1", 50), ("m:prod", 50)],
                "Routing configuration must contain state machine version ARNs. Received: [M:m:1, M:m:prod]",
            ),
            (
                &[("m:1", 50), ("n:1", 50)],
                "Routing configuration must contain versions of the same state machine. Received: [M:m:1, M:n:1]",
            ),
            (
                &[("m:1", 70), ("m:2", 29)],
                "Sum of routing configuration weights must equal 100. Received: [70, 29]",
            ),
            (
                &[("m:1", 101), ("m:2", -1)],
                "A weight must be between 0 and 100: 101",
            ),
            (&[], "Routing configuration must not be empty"),
        ] {
            let Err(error) = routing(&given(items)) else {
                panic!("{items:?} is accepted");
            };
            assert_eq!(error.message.replace(MACHINE, "M"), message);
            assert_eq!(
                error.reason,
                Some(ValidationExceptionReason::InvalidRoutingConfiguration)
            );
        }
    }
}
