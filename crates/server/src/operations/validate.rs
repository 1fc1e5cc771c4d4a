//! Definitions and single states, looked at without an execution that anybody could find.

use std::fmt;
use std::sync::Arc;

use faastlane_api::{Models, Surroundings};
use faastlane_container::Ids;
use faastlane_engine::{ErrorDetails, TaskRequest, Time};
use faastlane_value::Value;

use super::request::Request;
use super::{Operations, Runs};
use crate::http::Failure;

/// What `TestState` needs of functions and services. Its methods may take long: they are called on a thread that
/// may wait.
pub trait Calls: fmt::Debug + Send + Sync + 'static {
    /// The model of a service, as [`Models::model`] has it.
    fn model(&self, service: &str) -> Option<Value>;

    /// Does what a Task asks for.
    ///
    /// # Errors
    /// The call failed, or there is nobody to make it.
    fn call(&self, request: &TaskRequest) -> Result<Value, ErrorDetails>;
}

pub(super) fn validate(request: &Request<'_>) -> Result<Value, Failure> {
    Ok(faastlane_api::validate_state_machine_definition(request.body)?)
}

impl<R: Runs> Operations<R> {
    pub(super) async fn test_state(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let mut here =
            Here { calls: Arc::clone(&self.calls), now: Time(self.now()), ids: Ids::random() };
        let body = request.body.clone();
        let tested =
            tokio::task::spawn_blocking(move || faastlane_api::test_state(&body, &mut here));
        match tested.await {
            Ok(answer) => Ok(answer?),
            Err(broken) => Err(Failure::Internal(format!("a test of a state broke off: {broken}"))),
        }
    }
}

/// Where a state is tested.
struct Here {
    calls: Arc<dyn Calls>,
    now: Time,
    ids: Ids,
}

impl Models for Here {
    fn model(&mut self, service: &str) -> Option<Value> {
        self.calls.model(service)
    }
}

impl Surroundings for Here {
    fn now(&self) -> Time {
        self.now
    }

    fn uuid(&mut self) -> String {
        self.ids.uuid()
    }

    fn call(&mut self, request: &TaskRequest) -> Result<Value, ErrorDetails> {
        self.calls.call(request)
    }
}
