//! Aliases: names for one version of a state machine or two.

use json::Str;
use store::{Alias, CatalogChange, Route};

use crate::catalog::{Catalog, CatalogError, Creation, versions, write};

/// What an alias says, as clients give it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAlias {
    /// The state machine.
    pub machine_arn: Str,
    /// Its name.
    pub name: Str,
    /// What is said of it.
    pub description: Option<Str>,
    /// Where it leads: to one version or two, by weights that sum up to 100.
    pub routes: Vec<Route>,
}

impl Catalog {
    /// Creates an alias, unless there is one of that name.
    pub async fn create_alias(&self, new: NewAlias) -> Result<Creation<Alias>, CatalogError> {
        let _turn = self.turn.lock().await;
        self.active(&new.machine_arn).await?;
        if let Some(alias) = self.store.alias(&new.machine_arn, &new.name).await? {
            return Ok(Creation::Existing(alias));
        }
        self.must_exist(&new.machine_arn, &new.routes).await?;
        let limit = self.limits.aliases;
        let aliases = self.store.aliases(&new.machine_arn, None, limit).await?;
        if aliases.len() >= limit {
            return Err(CatalogError::TooManyAliases {
                machine_arn: new.machine_arn,
                limit,
            });
        }
        let now = self.now();
        let alias = Alias {
            machine_arn: new.machine_arn,
            name: new.name,
            description: new.description,
            routes: new.routes,
            created: now,
            updated: now,
        };
        self.save(vec![CatalogChange::PutAlias(alias.clone())]).await?;
        Ok(Creation::New(alias))
    }

    /// Changes what is given of an alias. The starts from its answer on follow it; one that changes nothing
    /// leaves the alias as old as it was.
    pub async fn update_alias(
        &self,
        machine_arn: &str,
        name: &str,
        description: Option<Str>,
        routes: Option<Vec<Route>>,
    ) -> Result<Alias, CatalogError> {
        let _turn = self.turn.lock().await;
        self.active(machine_arn).await?;
        let before = self.alias(machine_arn, name).await?;
        let mut alias = before.clone();
        alias.description = description.or(alias.description);
        alias.routes = routes.unwrap_or(alias.routes);
        if alias == before {
            return Ok(alias);
        }
        self.must_exist(machine_arn, &alias.routes).await?;
        alias.updated = self.now();
        write(&self.lanes).remove(&arn(machine_arn, name));
        self.save(vec![CatalogChange::PutAlias(alias.clone())]).await?;
        Ok(alias)
    }

    /// An alias of a state machine.
    pub async fn alias(&self, machine_arn: &str, name: &str) -> Result<Alias, CatalogError> {
        let alias = self.store.alias(machine_arn, name).await?;
        alias.ok_or_else(|| CatalogError::NotFound(arn(machine_arn, name)))
    }

    /// Aliases of a state machine in the order of their names.
    pub async fn aliases(
        &self,
        machine_arn: &str,
        after: Option<Str>,
        limit: usize,
    ) -> Result<Vec<Alias>, CatalogError> {
        Ok(self.store.aliases(machine_arn, after, limit).await?)
    }

    /// The aliases that lead to a version, in the order of their names.
    pub async fn aliases_to(&self, machine_arn: &str, number: u64) -> Result<Vec<Alias>, CatalogError> {
        let mut aliases = self.store.aliases(machine_arn, None, usize::MAX).await?;
        aliases.retain(|alias| alias.routes.iter().any(|route| route.version == number));
        Ok(aliases)
    }

    /// Deletes an alias. Executions that were started with it go on.
    pub async fn delete_alias(&self, machine_arn: &str, name: &str) -> Result<(), CatalogError> {
        let _turn = self.turn.lock().await;
        let alias = self.alias(machine_arn, name).await?;
        write(&self.lanes).remove(&arn(machine_arn, name));
        self.save(vec![CatalogChange::RemoveAlias {
            machine_arn: alias.machine_arn,
            name: alias.name,
        }])
        .await
    }

    /// Fails when there is no such version as one of the routes leads to.
    async fn must_exist(&self, machine_arn: &str, routes: &[Route]) -> Result<(), CatalogError> {
        for route in routes {
            if self.store.version(machine_arn, route.version).await?.is_none() {
                return Err(CatalogError::NotFound(versions::arn(machine_arn, route.version)));
            }
        }
        Ok(())
    }
}

/// The ARN of an alias.
fn arn(machine_arn: &str, name: &str) -> Str {
    format!("{machine_arn}:{name}").into()
}
