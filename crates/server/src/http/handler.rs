//! What answers requests: the operations of the Step Functions API, and calls of functions.

use std::fmt;
use std::pin::Pin;

use bytes::Bytes;
use faastlane_value::Value;

/// An answer that is being made. It is dropped when the client has gone.
pub type Answering<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What answers requests. One that panics costs its own request, which gets `InternalFailure`.
pub trait Handler: Send + Sync + 'static {
    /// Performs an operation of the Step Functions API.
    fn call(&self, call: Call) -> Answering<'_, Result<Value, Failure>>;

    /// Invokes a function, as the Lambda API's `Invoke` does.
    fn invoke(&self, invocation: Invocation) -> Answering<'_, Invoked>;

    /// Whether the server is able to work; if not, what is wrong. `/healthz` asks for it.
    fn health(&self) -> Answering<'_, Result<(), String>>;

    /// How many executions wait for no call, if that can be told. `/metrics` asks for it.
    fn waiting(&self) -> Answering<'_, Option<usize>>;
}

/// A request to the Step Functions API.
#[derive(Clone)]
pub struct Call {
    /// The id that the answer has as `x-amzn-RequestId`.
    pub request_id: String,
    /// The operation, one of [`faastlane_api::operations`].
    pub operation: &'static str,
    /// The request, an object. A trace of the HTTP headers is its `traceHeader` if it has none of its own.
    pub body: Value,
    /// The credential that the request is signed with, `AKID/20261122/us-east-1/states/aws4_request`: it says in which
    /// region and account the client believes to be.
    pub credential: Option<String>,
}

/// Without the body and the credential, which may hold secrets.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("request_id", &self.request_id)
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}

/// Why an operation was not performed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The request is refused, with the error's status, code and message.
    Refused(faastlane_api::Error),
    /// The server has failed: 500 `InternalFailure`. The text goes to the log and not to the client.
    Internal(String),
}

impl From<faastlane_api::Error> for Failure {
    fn from(error: faastlane_api::Error) -> Self {
        Self::Refused(error)
    }
}

/// A request to the Lambda API to call a function.
#[derive(Clone)]
pub struct Invocation {
    /// The id that the answer has as `x-amzn-RequestId`, and the function's context as `aws_request_id`.
    pub request_id: String,
    /// The function as the client names it: its name, `name:qualifier`, or an ARN of it.
    pub function: String,
    /// The version or alias in the query.
    pub qualifier: Option<String>,
    /// How it is invoked.
    pub kind: InvocationType,
    /// Whether the last 4 KB of the log are wanted.
    pub log_tail: bool,
    /// `X-Amz-Client-Context`, base64 of JSON.
    pub client_context: Option<String>,
    /// The trace that the call belongs to, as `X-Amzn-Trace-Id` has it.
    pub trace: Option<String>,
    /// The event, which nobody has looked at.
    pub payload: Bytes,
}

/// Without the event, which may hold secrets.
impl fmt::Debug for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invocation")
            .field("request_id", &self.request_id)
            .field("function", &self.function)
            .field("kind", &self.kind)
            .field("payload_bytes", &self.payload.len())
            .finish_non_exhaustive()
    }
}

/// `X-Amz-Invocation-Type`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvocationType {
    /// The answer is the function's result.
    RequestResponse,
    /// The call is made later; the answer says only that it will be.
    Event,
    /// Nothing is called; the answer says whether it could be.
    DryRun,
}

/// What came of an invocation.
#[derive(Debug, Clone)]
pub enum Invoked {
    /// The function was called.
    Ended {
        /// Its result, or the error's payload.
        payload: Bytes,
        /// Whether it is an error's payload: `X-Amz-Function-Error: Unhandled`.
        failed: bool,
        /// The end of the function's log, plain text, if it was asked for.
        log_tail: Option<String>,
    },
    /// It will be called (`Event`): 202.
    Accepted,
    /// It could be called (`DryRun`): 204.
    Callable,
    /// It is not called.
    Refused {
        /// The HTTP status, such as 404.
        status: u16,
        /// The error's code, `ResourceNotFoundException`.
        code: &'static str,
        /// The message for the client.
        message: String,
    },
}
