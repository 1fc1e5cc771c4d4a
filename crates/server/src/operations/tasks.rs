//! What workers and callbacks say of their tasks.

use faastlane_api::read_output;
use faastlane_value::Value;

use super::answer::done;
use super::failure::refused;
use super::request::Request;
use super::{Operations, Runs};
use crate::executions::TaskAnswer;
use crate::http::Failure;

impl<R: Runs> Operations<R> {
    pub(super) async fn send_task_success(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let output = read_output(request.required("output"))?;
        self.send(request, TaskAnswer::Success(output)).await
    }

    pub(super) async fn send_task_failure(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let (error, cause) = (request.owned("error"), request.owned("cause"));
        self.send(request, TaskAnswer::Failure { error, cause }).await
    }

    pub(super) async fn send_task_heartbeat(
        &self,
        request: &Request<'_>,
    ) -> Result<Value, Failure> {
        self.send(request, TaskAnswer::Heartbeat).await
    }

    async fn send(&self, request: &Request<'_>, answer: TaskAnswer) -> Result<Value, Failure> {
        let answered = self.executions.answer(request.required("taskToken"), answer).await;
        answered.map(|()| done()).map_err(|why| refused(why, ""))
    }
}
