//! Tags of state machines and activities.

use json::Str;
use store::{Activity, CatalogChange, Machine, Tags};

use crate::catalog::{Catalog, CatalogError};

/// A resource that has tags.
enum Tagged {
    Machine(Machine),
    Activity(Activity),
}

impl Catalog {
    /// The tags of a state machine or an activity, in the order in which their keys were given first.
    pub async fn tags(&self, resource_arn: &str) -> Result<Tags, CatalogError> {
        Ok(self.tagged(resource_arn).await?.tags().clone())
    }

    /// Adds tags to a state machine or an activity. Those whose keys it has get other values.
    ///
    /// Fails with [`CatalogError::TooManyTags`], and changes nothing then.
    pub async fn tag(&self, resource_arn: &str, tags: Tags) -> Result<(), CatalogError> {
        self.change_tags(resource_arn, |held| {
            for (key, value) in tags {
                match held.iter_mut().find(|(known, _)| *known == key) {
                    Some((_, old)) => *old = value,
                    None => held.push((key, value)),
                }
            }
        })
        .await
    }

    /// Takes the tags with these keys off a state machine or an activity.
    pub async fn untag(&self, resource_arn: &str, keys: &[Str]) -> Result<(), CatalogError> {
        self.change_tags(resource_arn, |held| held.retain(|(key, _)| !keys.contains(key)))
            .await
    }

    async fn change_tags(
        &self,
        resource_arn: &str,
        change: impl FnOnce(&mut Tags),
    ) -> Result<(), CatalogError> {
        let _turn = self.turn.lock().await;
        let mut tagged = self.tagged(resource_arn).await?;
        let tags = match &mut tagged {
            Tagged::Machine(machine) => &mut machine.tags,
            Tagged::Activity(activity) => &mut activity.tags,
        };
        change(tags);
        let limit = self.limits.tags;
        if tags.len() > limit {
            return Err(CatalogError::TooManyTags {
                resource_arn: resource_arn.into(),
                limit,
            });
        }
        let change = match tagged {
            Tagged::Machine(machine) => CatalogChange::PutMachine(machine),
            Tagged::Activity(activity) => CatalogChange::PutActivity(activity),
        };
        self.save(vec![change]).await
    }

    async fn tagged(&self, resource_arn: &str) -> Result<Tagged, CatalogError> {
        if let Some(machine) = self.store.machine(resource_arn).await? {
            return Ok(Tagged::Machine(machine));
        }
        let activity = self.store.activity(resource_arn).await?;
        let activity = activity.ok_or_else(|| CatalogError::NotFound(resource_arn.into()))?;
        Ok(Tagged::Activity(activity))
    }
}

impl Tagged {
    fn tags(&self) -> &Tags {
        match self {
            Self::Machine(machine) => &machine.tags,
            Self::Activity(activity) => &activity.tags,
        }
    }
}
