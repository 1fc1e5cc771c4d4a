//! Errors of what lies below as errors of the API.

use faastlane_api::Error;

use crate::executions::Refused;
use crate::http::Failure;

impl From<faastlane_store::Error> for Failure {
    fn from(error: faastlane_store::Error) -> Self {
        Self::Internal(error.to_string())
    }
}

/// Why executions refuse something about the execution, machine or map run of this ARN.
pub(super) fn refused(why: Refused, arn: &str) -> Failure {
    Failure::Refused(match why {
        Refused::ExecutionAlreadyExists => Error::execution_already_exists(arn),
        Refused::MachineDoesNotExist => Error::state_machine_does_not_exist(arn),
        Refused::MachineDeleting => Error::state_machine_deleting(arn),
        Refused::ExecutionDoesNotExist => Error::execution_does_not_exist(arn),
        Refused::ExecutionNotRedrivable(reason) => Error::execution_not_redrivable(&reason),
        Refused::TaskDoesNotExist => Error::task_does_not_exist(),
        Refused::TaskTimedOut => Error::task_timed_out(),
        Refused::InvalidToken => Error::invalid_token(),
        Refused::NotJson(message) => Error::invalid_execution_input(&message),
        // AWS has no such case: there a machine runs, and fails where it cannot go on.
        Refused::Unusable(message) => Error::validation(None, message),
        Refused::Closing => return Failure::Internal(why.to_string()),
    })
}
