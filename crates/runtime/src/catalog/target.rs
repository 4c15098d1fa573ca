//! Targets: what a start of a state machine, of a version or of an alias runs.

use std::sync::Arc;

use ids::AnyStateMachineArn;
use json::Str;
use store::Route;

use crate::catalog::{COMPILED_MAX, Catalog, CatalogError, Revision, read, versions, write};

/// What a start runs, and what the execution is known to have been started with.
#[derive(Debug, Clone)]
pub struct Target {
    /// The revision.
    pub revision: Arc<Revision>,
    /// The version that was named, or that was drawn for the alias.
    pub version_arn: Option<Str>,
    /// The alias that was named.
    pub alias_arn: Option<Str>,
}

/// A version that starts are led to.
#[derive(Debug, Clone)]
pub(super) struct Lane {
    /// How many of a hundred starts it gets.
    weight: u8,
    version_arn: Str,
    revision: Arc<Revision>,
}

impl Target {
    /// A state machine as it is now.
    fn current(revision: Arc<Revision>) -> Self {
        Self {
            revision,
            version_arn: None,
            alias_arn: None,
        }
    }
}

impl Catalog {
    /// What a start of that ARN runs. Where an alias leads to two versions, chance draws one of them; the
    /// execution keeps what was drawn.
    ///
    /// A state machine that is being deleted can't be started in any way.
    pub async fn target(&self, arn: &str) -> Result<Target, CatalogError> {
        if let Some(revision) = read(&self.current).get(arn) {
            return Ok(Target::current(Arc::clone(revision)));
        }
        let known = read(&self.lanes).get(arn).cloned();
        let lanes = match known {
            Some(lanes) => lanes,
            None => match arn.parse() {
                Ok(AnyStateMachineArn::Version(version)) => {
                    let machine_arn = version.state_machine.to_string();
                    let only = [Route {
                        version: version.version,
                        weight: 100,
                    }];
                    self.lanes(&machine_arn, arn, Some(&only)).await?
                }
                Ok(AnyStateMachineArn::Alias(alias)) => {
                    let machine_arn = alias.state_machine.to_string();
                    self.lanes(&machine_arn, arn, None).await?
                }
                Ok(AnyStateMachineArn::Unqualified(_)) => {
                    return Ok(Target::current(self.current(arn).await?));
                }
                Ok(AnyStateMachineArn::Labelled(_)) | Err(_) => {
                    return Err(CatalogError::NotFound(arn.into()));
                }
            },
        };
        let Some(lane) = drawn(&lanes, self.chance.next()) else {
            return Err(CatalogError::NotFound(arn.into()));
        };
        Ok(Target {
            revision: Arc::clone(&lane.revision),
            version_arn: Some(lane.version_arn.clone()),
            alias_arn: (*lane.version_arn != *arn).then(|| arn.into()),
        })
    }

    /// Where the starts of a version or alias are led; `routes` are those of a version. Asked while no change
    /// is under way, so that what is kept of it is never older than the last change.
    async fn lanes(
        &self,
        machine_arn: &str,
        arn: &str,
        routes: Option<&[Route]>,
    ) -> Result<Arc<[Lane]>, CatalogError> {
        let not_found = |error| match error {
            CatalogError::NotFound(_) => CatalogError::NotFound(arn.into()),
            error => error,
        };
        let _turn = self.turn.lock().await;
        self.active(machine_arn).await.map_err(not_found)?;
        let routes = match routes {
            Some(routes) => routes.to_vec(),
            None => {
                let name = arn.rsplit(':').next().unwrap_or_default();
                self.alias(machine_arn, name).await?.routes
            }
        };
        let mut lanes = Vec::with_capacity(routes.len());
        for Route { version, weight } in routes {
            let version = self.version(machine_arn, version).await?;
            lanes.push(Lane {
                weight,
                version_arn: versions::arn(machine_arn, version.number),
                revision: self.revision(machine_arn, &version.revision).await?,
            });
        }
        let lanes: Arc<[Lane]> = lanes.into();
        let mut known = write(&self.lanes);
        if known.len() >= COMPILED_MAX {
            known.clear();
        }
        known.insert(arn.into(), Arc::clone(&lanes));
        Ok(lanes)
    }

    /// The versions and aliases of a state machine lead nowhere any more.
    pub(super) fn forget_lanes_of(&self, machine_arn: &str) {
        let is_of = |arn: &Str| {
            let qualifier = arn.strip_prefix(machine_arn);
            qualifier.is_some_and(|qualifier| qualifier.starts_with(':'))
        };
        write(&self.lanes).retain(|arn, _| !is_of(arn));
    }
}

/// The lane that a number drawn by chance leads to: each gets as many of a hundred numbers as it weighs.
fn drawn(lanes: &[Lane], number: u64) -> Option<&Lane> {
    let place = drawn_place(lanes.iter().map(|lane| lane.weight), number)?;
    lanes.get(place)
}

fn drawn_place(weights: impl Iterator<Item = u8>, number: u64) -> Option<usize> {
    let mut left = number % 100;
    for (place, weight) in weights.map(u64::from).enumerate() {
        if left < weight {
            return Some(place);
        }
        left -= weight;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_route_gets_as_many_of_a_hundred_as_it_weighs() {
        for first in 0..=100_u8 {
            let weights = [first, 100 - first];
            let places = (0..100).map(|number| drawn_place(weights.into_iter(), number));
            let counted = places.filter(|place| *place == Some(0)).count();
            assert_eq!(counted, usize::from(first));
            let all = (0..1000).all(|number| drawn_place(weights.into_iter(), number).is_some());
            assert!(all, "{weights:?}");
        }
    }
}
