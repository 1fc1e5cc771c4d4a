//! The 37 operations of the Step Functions API, over the store and the executions.
//!
//! A file is a resource. Each operation reads its members from a request whose shape has been checked
//! (`faastlane_api::check_request`), so what is absent is optional. Reads go to the store, also those of
//! executions: all that anybody may see of them is written there before it is told.
//!
//! State machines and activities of all regions and accounts are listed together: on one computer, somebody
//! whose configuration names another region looks for what is there. What has an ARN is found by it.

mod activities;
mod aliases;
mod answer;
mod executions;
mod failure;
mod history;
mod machines;
mod map_runs;
mod page;
mod place;
mod redrive;
mod request;
mod runs;
mod settings;
mod starts;
mod tags;
mod tasks;
#[cfg(test)]
mod tests;
mod validate;
mod versions;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use faastlane_api::Error;
use faastlane_store::{Millis, Store};
use faastlane_value::Value;

use crate::http::{Call, Failure};
use redrive::Redrives;
use request::Request;

pub use runs::Runs;
pub use validate::Calls;

/// How long `GetActivityTask` waits for a task. AWS waits 60 seconds, which is also when boto3 gives up by
/// default; a little less spares its users an error.
const POLL: Duration = Duration::from_secs(55);

/// All operations.
#[derive(Debug)]
pub struct Operations<R> {
    store: Arc<Store>,
    executions: R,
    /// Performs what a state under test calls.
    calls: Arc<dyn Calls>,
    redrives: Redrives,
    /// The time, for tests another one.
    clock: fn() -> Millis,
    poll: Duration,
}

impl<R: Runs> Operations<R> {
    /// Operations over a store and the executions that are written there. `calls` performs what `TestState`
    /// needs of functions.
    pub fn new(store: Arc<Store>, executions: R, calls: Arc<dyn Calls>) -> Self {
        Self { store, executions, calls, redrives: Redrives::default(), clock: now, poll: POLL }
    }

    /// Performs an operation.
    ///
    /// # Errors
    /// The errors of the operation, those of a request that has not its shape, and what is wrong with the server.
    pub async fn call(&self, call: &Call) -> Result<Value, Failure> {
        faastlane_api::check_request(call.operation, &call.body)?;
        let request = &Request { body: &call.body, credential: call.credential.as_deref() };
        match call.operation {
            "CreateActivity" => self.create_activity(request),
            "CreateStateMachine" => self.create_state_machine(request),
            "CreateStateMachineAlias" => self.create_alias(request),
            "DeleteActivity" => self.delete_activity(request),
            "DeleteStateMachine" => self.delete_state_machine(request),
            "DeleteStateMachineAlias" => self.delete_alias(request),
            "DeleteStateMachineVersion" => self.delete_version(request),
            "DescribeActivity" => self.describe_activity(request),
            "DescribeExecution" => self.describe_execution(request),
            "DescribeMapRun" => self.describe_map_run(request),
            "DescribeStateMachine" => self.describe_state_machine(request),
            "DescribeStateMachineAlias" => self.describe_alias(request),
            "DescribeStateMachineForExecution" => self.describe_machine_for_execution(request),
            "GetActivityTask" => self.get_activity_task(request).await,
            "GetExecutionHistory" => self.get_history(request),
            "ListActivities" => self.list_activities(request),
            "ListExecutions" => self.list_executions(request),
            "ListMapRuns" => self.list_map_runs(request),
            "ListStateMachineAliases" => self.list_aliases(request),
            "ListStateMachineVersions" => self.list_versions(request),
            "ListStateMachines" => self.list_state_machines(request),
            "ListTagsForResource" => self.list_tags(request),
            "PublishStateMachineVersion" => self.publish_version(request),
            "RedriveExecution" => self.redrive_execution(request).await,
            "SendTaskFailure" => self.send_task_failure(request).await,
            "SendTaskHeartbeat" => self.send_task_heartbeat(request).await,
            "SendTaskSuccess" => self.send_task_success(request).await,
            "StartExecution" => self.start_execution(request).await,
            "StartSyncExecution" => self.start_sync_execution(request).await,
            "StopExecution" => self.stop_execution(request).await,
            "TagResource" => self.tag_resource(request),
            "TestState" => self.test_state(request).await,
            "UntagResource" => self.untag_resource(request),
            "UpdateMapRun" => self.update_map_run(request).await,
            "UpdateStateMachine" => self.update_state_machine(request),
            "UpdateStateMachineAlias" => self.update_alias(request),
            "ValidateStateMachineDefinition" => validate::validate(request),
            other => Err(Error::unknown_operation(other).into()),
        }
    }

    fn now(&self) -> Millis {
        (self.clock)()
    }
}

fn now() -> Millis {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
}
