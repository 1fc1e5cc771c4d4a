//! Invocations of functions, as the Lambda API has them.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper::StatusCode;

use super::answer::{self, Answer, Refusal};
use super::route::Invoke;
use super::{Invocation, InvocationType, Invoked};

/// How long the event of an asynchronous invocation may be, in bytes.
const EVENT_BYTES: usize = 1024 * 1024;
/// How much of a log is shown, in bytes.
const TAIL_BYTES: usize = 4096;

impl Invoke {
    pub(super) fn of(
        self,
        payload: Bytes,
        trace: Option<String>,
        request_id: String,
    ) -> Invocation {
        Invocation {
            request_id,
            function: self.function,
            qualifier: self.qualifier,
            kind: self.kind,
            log_tail: self.log_tail,
            client_context: self.client_context,
            trace,
            payload,
        }
    }
}

/// How long an event may be, in bytes.
pub(super) fn payload_limit(kind: InvocationType, limit: usize) -> usize {
    match kind {
        InvocationType::Event => limit.min(EVENT_BYTES),
        InvocationType::RequestResponse | InvocationType::DryRun => limit,
    }
}

pub(super) fn too_long(limit: usize) -> Refusal {
    let message =
        format!("Request must be smaller than {limit} bytes for the InvokeFunction operation");
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestTooLargeException", message)
}

/// The answer to an invocation.
pub(super) fn answer(invoked: Invoked) -> Result<Answer, Refusal> {
    match invoked {
        Invoked::Ended { payload, failed, log_tail } => {
            let tail = log_tail.map(|tail| {
                let start = tail.len().saturating_sub(TAIL_BYTES);
                STANDARD.encode(&tail.as_bytes()[start..])
            });
            Ok(answer::of_function(payload, failed, tail))
        }
        Invoked::Accepted => Ok(answer::empty(StatusCode::ACCEPTED)),
        Invoked::Callable => Ok(answer::empty(StatusCode::NO_CONTENT)),
        Invoked::Refused { status, code, message } => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            Err(Refusal::new(status, code, message))
        }
    }
}
