//! Requests that are refused: AWS's codes and messages.
//!
//! Messages are those that AWS was seen to give, or what is likeliest where nobody has written one down;
//! the second kind says so.

use faastlane_value::{ObjectBuilder, Value};

/// A request that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Error {
    /// The error's code, `InvalidDefinition`.
    pub code: &'static str,
    /// AWS's message.
    pub message: String,
    /// One more member of the answer and its text: `reason` or `resourceName`.
    pub detail: Option<(&'static str, String)>,
}

/// What an error is about, where the model gives a `ValidationException` a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The ARN is that of a distributed Map inside of a machine.
    LabeledArn,
    /// A member that the request needs is not there.
    MissingParameter,
    /// The map run has ended.
    CompletedMapRun,
    /// Versions and weights of an alias.
    RoutingConfiguration,
}

impl Reason {
    fn as_str(self) -> &'static str {
        match self {
            Self::LabeledArn => "API_DOES_NOT_SUPPORT_LABELED_ARNS",
            Self::MissingParameter => "MISSING_REQUIRED_PARAMETER",
            Self::CompletedMapRun => "CANNOT_UPDATE_COMPLETED_MAP_RUN",
            Self::RoutingConfiguration => "INVALID_ROUTING_CONFIGURATION",
        }
    }
}

/// Errors whose message is their code in words and what they are about, `Invalid Name: 'x y'`.
macro_rules! about {
    ($($(#[$doc:meta])* $name:ident: $code:literal $words:literal;)*) => {
        $($(#[$doc])* #[must_use] pub fn $name(what: &str) -> Self {
            Self::new($code, format!(concat!($words, ": '{}'"), what))
        })*
    };
}

impl Error {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), detail: None }
    }

    about! {
        /// There is no such activity; its ARN.
        activity_does_not_exist: "ActivityDoesNotExist" "Activity Does Not Exist";
        /// The activity is there with another encryption; its ARN.
        activity_already_exists: "ActivityAlreadyExists" "Activity Already Exists";
        /// The ARN of a role that is none.
        invalid_role: "InvalidArn" "Invalid Role Arn";
        /// The name is taken by another execution; its ARN.
        execution_already_exists: "ExecutionAlreadyExists" "Execution Already Exists";
        /// There is no such execution; its ARN.
        execution_does_not_exist: "ExecutionDoesNotExist" "Execution Does Not Exist";
        /// Too many executions are running; the machine's ARN.
        execution_limit_exceeded: "ExecutionLimitExceeded" "Execution Limit Exceeded";
        /// The execution cannot go on; why. The words before the reason are not known.
        execution_not_redrivable: "ExecutionNotRedrivable" "Execution Not Redrivable";
        /// An ARN, or what is wrong with it.
        invalid_arn: "InvalidArn" "Invalid Arn";
        /// The input of an execution is no JSON; what the parser says.
        invalid_execution_input: "InvalidExecutionInput" "Invalid State Machine Execution Input";
        /// A name with characters that names cannot have.
        invalid_name: "InvalidName" "Invalid Name";
        /// The output of a task is no JSON; what the parser says.
        invalid_output: "InvalidOutput" "Invalid Output";
        /// What is asked for has gone; its ARN.
        resource_not_found_at: "ResourceNotFound" "Resource not found";
        /// The machine is there, and different; its ARN.
        state_machine_already_exists: "StateMachineAlreadyExists" "State Machine Already Exists";
        /// The machine is being deleted; its ARN.
        state_machine_deleting: "StateMachineDeleting" "State Machine is being deleted";
        /// There is no such machine, version or alias; its ARN.
        state_machine_does_not_exist: "StateMachineDoesNotExist" "State Machine Does Not Exist";
    }

    /// A page token or task token that nobody has given.
    #[must_use]
    pub fn invalid_token() -> Self {
        Self::new("InvalidToken", "Invalid Token: 'Invalid token'")
    }

    /// The task has ended, or its execution.
    #[must_use]
    pub fn task_timed_out() -> Self {
        Self::new("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
    }

    /// The execution of a task is not there. The words are those of its neighbour.
    #[must_use]
    pub fn task_does_not_exist() -> Self {
        Self::new("TaskDoesNotExist", "Task Does Not Exist: 'Provided task does not exist anymore'")
    }

    /// The operation is not for machines of this type.
    #[must_use]
    pub fn type_not_supported() -> Self {
        let message = "This operation is not supported by this type of state machine";
        Self::new("StateMachineTypeNotSupported", message)
    }

    /// An update that updates nothing.
    #[must_use]
    pub fn nothing_to_update() -> Self {
        let message = "Either the definition, the role ARN, the LoggingConfiguration, or the \
                       TracingConfiguration must be specified";
        Self::new("MissingRequiredParameter", message)
    }

    /// What is asked for is not there, where AWS does not say what.
    #[must_use]
    pub fn resource_not_found() -> Self {
        Self::new("ResourceNotFound", "Request references a resource that does not exist.")
    }

    /// A resource would have more than 50 tags. The words are not known.
    #[must_use]
    pub fn too_many_tags(arn: &str) -> Self {
        let mut error = Self::new("TooManyTags", "A resource can have at most 50 tags.");
        error.detail = Some(("resourceName", arn.to_owned()));
        error
    }

    /// What is wanted does not fit what is there.
    #[must_use]
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new("ConflictException", message)
    }

    /// One more would be more than AWS allows. The words are not known.
    #[must_use]
    pub fn quota_exceeded(message: impl Into<String>) -> Self {
        Self::new("ServiceQuotaExceededException", message)
    }

    /// A request that has the right shape and still makes no sense.
    #[must_use]
    pub fn validation(reason: Option<Reason>, message: impl Into<String>) -> Self {
        let detail = reason.map(|reason| ("reason", reason.as_str().to_owned()));
        Self { detail, ..Self::new("ValidationException", message) }
    }

    /// An encryption that cannot be. The words are not known.
    #[must_use]
    pub fn invalid_encryption(why: &str) -> Self {
        let message = format!("Invalid Encryption Configuration: {why}");
        Self::new("InvalidEncryptionConfiguration", message)
    }

    /// There is no such operation.
    #[must_use]
    pub fn unknown_operation(name: &str) -> Self {
        let shown: String = name.chars().take(100).collect();
        Self::new("UnknownOperationException", format!("There is no operation '{shown}'"))
    }

    /// A body that is not what its operation reads.
    #[must_use]
    pub fn serialization(message: impl Into<String>) -> Self {
        Self::new("SerializationException", message)
    }

    /// Something went wrong here, and whoever asked cannot help it: the one error with status 500.
    #[must_use]
    pub fn internal() -> Self {
        Self::new("InternalFailure", "The server could not do this; its log says why.")
    }

    /// The status of the HTTP answer.
    #[must_use]
    pub fn status(&self) -> u16 {
        if self.code == "InternalFailure" { 500 } else { 400 }
    }

    /// `__type` of the answer. SDKs look at what follows the `#`; before it AWS has one of these.
    #[must_use]
    pub fn type_name(&self) -> String {
        let space = match self.code {
            "SerializationException" | "UnknownOperationException" | "InternalFailure" => {
                "com.amazon.coral.service"
            }
            "ValidationException" if self.detail.is_none() => "com.amazon.coral.validate",
            _ => "com.amazonaws.swf.service.v2.model",
        };
        format!("{space}#{}", self.code)
    }

    /// The body of the answer.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut body = ObjectBuilder::with_capacity(3);
        body.insert("__type", self.type_name());
        body.insert("message", self.message.as_str());
        if let Some((name, text)) = &self.detail {
            body.insert(*name, text.as_str());
        }
        body.build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_have_the_shape_of_the_protocol() {
        let check = |error: Error, expected: &str| assert_eq!(error.to_value().to_json(), expected);
        check(
            Error::invalid_name("x y"),
            r#"{"__type":"com.amazonaws.swf.service.v2.model#InvalidName","message":"Invalid Name: 'x y'"}"#,
        );
        check(
            Error::validation(Some(Reason::MissingParameter), "m"),
            r#"{"__type":"com.amazonaws.swf.service.v2.model#ValidationException","message":"m","reason":"MISSING_REQUIRED_PARAMETER"}"#,
        );
        check(
            Error::validation(None, "m"),
            r#"{"__type":"com.amazon.coral.validate#ValidationException","message":"m"}"#,
        );
        assert_eq!((Error::internal().status(), Error::invalid_token().status()), (500, 400));
    }
}
