//! Versions: revisions of a state machine under numbers.

use json::Str;
use store::{CatalogChange, Machine, Published, Version};

use crate::catalog::{Catalog, CatalogError, revision, write};

impl Catalog {
    /// Publishes the current revision of a state machine, unless that has a version already, which is the
    /// answer then, whatever was said of it.
    ///
    /// Fails with [`CatalogError::OtherRevision`] when a revision is named that is not the current one;
    /// `INITIAL` names the first.
    pub async fn publish(
        &self,
        machine_arn: &str,
        named: Option<&Str>,
        published: Published,
    ) -> Result<Version, CatalogError> {
        let _turn = self.turn.lock().await;
        let machine = self.active(machine_arn).await?;
        let current = revision::named(&machine.revision);
        if let Some(named) = named.filter(|named| **named != current) {
            return Err(CatalogError::OtherRevision {
                named: named.clone(),
                current,
            });
        }
        self.publish_current(machine, published).await
    }

    /// A version of a state machine.
    pub async fn version(&self, machine_arn: &str, number: u64) -> Result<Version, CatalogError> {
        let version = self.store.version(machine_arn, number).await?;
        version.ok_or_else(|| CatalogError::NotFound(arn(machine_arn, number)))
    }

    /// Versions of a state machine that were published before the one of a number, newest first.
    pub async fn versions(
        &self,
        machine_arn: &str,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Version>, CatalogError> {
        Ok(self.store.versions(machine_arn, before, limit).await?)
    }

    /// Deletes a version to which no alias leads. Executions of it go on. One that does not exist is gone
    /// already.
    pub async fn delete_version(&self, machine_arn: &str, number: u64) -> Result<(), CatalogError> {
        let _turn = self.turn.lock().await;
        let aliases = self.aliases_to(machine_arn, number).await?;
        if !aliases.is_empty() {
            let names = aliases.into_iter().map(|alias| alias.name);
            return Err(CatalogError::Aliased(names.collect()));
        }
        write(&self.lanes).remove(&arn(machine_arn, number));
        let machine_arn = machine_arn.into();
        self.save(vec![CatalogChange::RemoveVersion { machine_arn, number }])
            .await
    }

    pub(super) async fn publish_current(
        &self,
        mut machine: Machine,
        published: Published,
    ) -> Result<Version, CatalogError> {
        // Revisions are never current twice, so that no older version can be of this one.
        let latest = self.store.versions(&machine.arn, None, 1).await?.pop();
        if let Some(latest) = latest.filter(|latest| latest.revision == machine.revision) {
            return Ok(latest);
        }
        self.must_have_room(&machine.arn).await?;
        let version = self.next_version(&mut machine, published);
        let changes = vec![
            CatalogChange::PutMachine(machine),
            CatalogChange::PutVersion(version.clone()),
        ];
        self.save(changes).await?;
        Ok(version)
    }

    /// The version that the current revision becomes when it is published now.
    pub(super) fn next_version(&self, machine: &mut Machine, published: Published) -> Version {
        machine.last_version += 1;
        Version {
            machine_arn: machine.arn.clone(),
            number: machine.last_version,
            revision: machine.revision.clone(),
            description: published.description,
            created: self.now(),
        }
    }

    /// Fails when a state machine can have no version more.
    pub(super) async fn must_have_room(&self, machine_arn: &Str) -> Result<(), CatalogError> {
        let limit = self.limits.versions;
        let versions = self.store.versions(machine_arn, None, limit).await?;
        if versions.len() >= limit {
            return Err(CatalogError::TooManyVersions {
                machine_arn: machine_arn.clone(),
                limit,
            });
        }
        Ok(())
    }
}

/// The ARN of a version.
pub(super) fn arn(machine_arn: &str, number: u64) -> Str {
    format!("{machine_arn}:{number}").into()
}
