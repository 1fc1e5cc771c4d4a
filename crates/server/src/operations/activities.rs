//! Activities and their tasks.

use faastlane_api::{Arn, Error, check_name};
use faastlane_store::{Activity, Created};
use faastlane_value::Value;

use super::answer::{Answer, done};
use super::failure::refused;
use super::request::Request;
use super::settings;
use super::tags::{MOST_TAGS, check_tags};
use super::{Operations, Runs};
use crate::executions::Refused;
use crate::http::Failure;

impl<R: Runs> Operations<R> {
    pub(super) fn create_activity(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let name = request.required("name");
        check_name(name)?;
        let (arn, tags) = (request.place().activity(name), request.tags());
        check_tags(&tags, &arn, MOST_TAGS)?;
        let encryption = settings::encryption(request)?;
        let (name, created) = (name.to_owned(), self.now());
        let new = Activity { arn, name, created, encryption };
        let activity = match self.store.create_activity(&new, &tags)? {
            Created::New(activity) => activity,
            Created::Existing(existing) if existing.encryption == new.encryption => existing,
            Created::Existing(existing) => {
                return Err(Error::activity_already_exists(&existing.arn).into());
            }
        };
        let answer = Answer::default()
            .with("activityArn", activity.arn)
            .at("creationDate", activity.created);
        Ok(answer.build())
    }

    pub(super) fn describe_activity(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let activity = self.activity(request)?;
        let encryption = settings::shown_encryption(activity.encryption.as_deref());
        let answer = Answer::default()
            .with("activityArn", activity.arn)
            .with("name", activity.name)
            .at("creationDate", activity.created)
            .with("encryptionConfiguration", encryption);
        Ok(answer.build())
    }

    pub(super) fn delete_activity(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let arn = Arn::activity(request.required("activityArn"))?;
        self.store.delete_activity(arn.text)?;
        Ok(done())
    }

    pub(super) fn list_activities(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let asked = request.page(&["ListActivities"])?;
        let page = self.store.activities(asked.after, asked.limit)?;
        let activities = page.items.into_iter().map(|activity| {
            Answer::default()
                .with("activityArn", activity.arn)
                .with("name", activity.name)
                .at("creationDate", activity.created)
                .build()
        });
        let answer = Answer::default().with("activities", Value::array(activities));
        Ok(asked.end(answer, page.next).build())
    }

    /// Waits for a task. Nobody who gave up gets one: the wait ends when the future is dropped.
    pub(super) async fn get_activity_task(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let arn = self.activity(request)?.arn;
        let task = self.executions.next_activity_task(&arn, request.owned("workerName"));
        match tokio::time::timeout(self.poll, task).await {
            // The server is about to end; the worker asks again.
            Ok(Err(Refused::Closing)) => Ok(done()),
            Ok(task) => {
                let task = task.map_err(|why| refused(why, &arn))?;
                Ok(Answer::default()
                    .with("taskToken", task.token)
                    .with("input", task.input)
                    .build())
            }
            // No task token says that there is no task.
            Err(_) => Ok(done()),
        }
    }

    fn activity(&self, request: &Request<'_>) -> Result<Activity, Failure> {
        let arn = Arn::activity(request.required("activityArn"))?;
        let absent = || Error::activity_does_not_exist(arn.text);
        Ok(self.store.activity(arn.text)?.ok_or_else(absent)?)
    }
}
