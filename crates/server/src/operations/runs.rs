//! What operations ask of executions. Tests put something simple in their place.

use faastlane_engine::MapRunChange;

use crate::executions::{ActivityTask, Handle, Refused, Start, Started, SyncOutcome, TaskAnswer};

/// Executions, as operations see them. Errors are those that the same methods of
/// [`Handle`](crate::executions::Handle) have.
pub trait Runs: Clone + Send + Sync + 'static {
    /// Starts an execution.
    fn start(&self, start: Start) -> impl Future<Output = Result<Started, Refused>> + Send;

    /// Runs an Express execution to its end.
    fn start_sync(&self, start: Start)
    -> impl Future<Output = Result<SyncOutcome, Refused>> + Send;

    /// Stops an execution; when it ended.
    fn stop(
        &self,
        arn: &str,
        error: Option<String>,
        cause: Option<String>,
    ) -> impl Future<Output = Result<i64, Refused>> + Send;

    /// Has an execution go on that failed; when.
    fn redrive(&self, arn: &str) -> impl Future<Output = Result<i64, Refused>> + Send;

    /// Tells a task what somebody with its token says.
    fn answer(
        &self,
        token: &str,
        answer: TaskAnswer,
    ) -> impl Future<Output = Result<(), Refused>> + Send;

    /// Waits for a task of an activity.
    fn next_activity_task(
        &self,
        activity_arn: &str,
        worker: Option<String>,
    ) -> impl Future<Output = Result<ActivityTask, Refused>> + Send;

    /// Changes what a map run does from now on.
    fn update_map_run(
        &self,
        arn: &str,
        change: MapRunChange,
    ) -> impl Future<Output = Result<(), Refused>> + Send;
}

impl Runs for Handle {
    async fn start(&self, start: Start) -> Result<Started, Refused> {
        self.start(start).await
    }

    async fn start_sync(&self, start: Start) -> Result<SyncOutcome, Refused> {
        self.start_sync(start).await
    }

    async fn stop(
        &self,
        arn: &str,
        error: Option<String>,
        cause: Option<String>,
    ) -> Result<i64, Refused> {
        self.stop(arn, error, cause).await
    }

    async fn redrive(&self, arn: &str) -> Result<i64, Refused> {
        self.redrive(arn).await
    }

    async fn answer(&self, token: &str, answer: TaskAnswer) -> Result<(), Refused> {
        self.answer(token, answer).await
    }

    async fn next_activity_task(
        &self,
        activity_arn: &str,
        worker: Option<String>,
    ) -> Result<ActivityTask, Refused> {
        self.next_activity_task(activity_arn, worker).await
    }

    async fn update_map_run(&self, arn: &str, change: MapRunChange) -> Result<(), Refused> {
        self.update_map_run(arn, change).await
    }
}
