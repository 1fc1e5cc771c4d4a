//! Why an execution or a task does not do what it was asked for.

/// A request that executions refuse; the API turns it into AWS's error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A Standard execution has this name already, with another input or not running any more.
    #[error("an execution of this name exists already")]
    ExecutionAlreadyExists,
    /// There is no such state machine, version or alias.
    #[error("there is no such state machine")]
    MachineDoesNotExist,
    /// The machine is being deleted.
    #[error("the state machine is being deleted")]
    MachineDeleting,
    /// There is no such execution.
    #[error("there is no such execution")]
    ExecutionDoesNotExist,
    /// The execution cannot be redriven; why, as AWS says it.
    #[error("{0}")]
    ExecutionNotRedrivable(String),
    /// The execution of a task's token is gone.
    #[error("there is no such task")]
    TaskDoesNotExist,
    /// The task is over.
    #[error("the task is over")]
    TaskTimedOut,
    /// A token that was never given out.
    #[error("the task token was never given out")]
    InvalidToken,
    /// The input or output is not JSON.
    #[error("{0}")]
    NotJson(String),
    /// The machine cannot be run; why.
    #[error("{0}")]
    Unusable(String),
    /// The server is about to end.
    #[error("the server is about to end")]
    Closing,
}
