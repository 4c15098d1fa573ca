//! Activities: queues of tasks for workers outside.

use json::Str;
use store::{Activity, CatalogChange};

use crate::catalog::{Catalog, CatalogError, Creation, read, write};

impl Catalog {
    /// An activity.
    pub async fn activity(&self, arn: &str) -> Result<Activity, CatalogError> {
        let activity = self.store.activity(arn).await?;
        activity.ok_or_else(|| CatalogError::NotFound(arn.into()))
    }

    /// Activities in the order of their ARNs.
    pub async fn activities(&self, after: Option<Str>, limit: usize) -> Result<Vec<Activity>, CatalogError> {
        Ok(self.store.activities(after, limit).await?)
    }

    /// Whether there is an activity of that ARN.
    pub fn has_activity(&self, arn: &str) -> bool {
        read(&self.activities).contains(arn)
    }

    /// Creates an activity, unless there is one of that name.
    pub async fn create_activity(&self, activity: Activity) -> Result<Creation<Activity>, CatalogError> {
        let _turn = self.turn.lock().await;
        if let Some(existing) = self.store.activity(&activity.arn).await? {
            return Ok(Creation::Existing(existing));
        }
        let limit = self.limits.activities;
        if self.activities_beside(&activity.arn) >= limit {
            return Err(CatalogError::TooManyActivities(limit));
        }
        self.save(vec![CatalogChange::PutActivity(activity.clone())])
            .await?;
        write(&self.activities).insert(activity.arn.clone());
        Ok(Creation::New(activity))
    }

    /// How many activities there are of an activity's account and region.
    fn activities_beside(&self, arn: &str) -> usize {
        let activities = read(&self.activities);
        let (scope, _) = arn.rsplit_once(':').unwrap_or_default();
        // Nobody has too many when all together have few.
        if activities.len() < self.limits.activities {
            return activities.len();
        }
        activities
            .iter()
            .filter(|other| other.rsplit_once(':').is_some_and(|(of, _)| of == scope))
            .count()
    }

    /// Deletes an activity. Its tasks stay as they are; what is entered from now on fails.
    pub async fn delete_activity(&self, arn: &str) -> Result<(), CatalogError> {
        let _turn = self.turn.lock().await;
        self.activity(arn).await?;
        self.save(vec![CatalogChange::RemoveActivity(arn.into())]).await?;
        write(&self.activities).remove(arn);
        Ok(())
    }
}
