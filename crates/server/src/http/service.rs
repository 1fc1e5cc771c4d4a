//! One request: let in, read, performed, answered, counted.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use faastlane_value::{ObjectBuilder, Value, json};
use hyper::body::Incoming;
use hyper::header::{EXPECT, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Request, StatusCode};

use super::access::{self, Token};
use super::answer::{self, Answer, Dialect, Refusal};
use super::body::{self, Unread};
use super::connections::{Connections, Slot, Waiting};
use super::lambda;
use super::route::{self, Invoke, Lost, Route};
use super::{Answering, Call, Failure, Handler, Limits};
use crate::Logs;
use crate::telemetry::{Field, Level, Log, Metrics, trace_of_headers};

/// What answers the requests of a listener. A clone is a reference.
#[derive(Clone)]
pub(super) struct Service(pub(super) Arc<Shared>);

/// What all requests of a listener share.
pub(super) struct Shared {
    pub(super) handler: Arc<dyn Handler>,
    pub(super) token: Option<Token>,
    pub(super) limits: Limits,
    pub(super) metrics: Arc<Metrics>,
    pub(super) logs: Arc<Logs>,
    pub(super) connections: Arc<Connections>,
    pub(super) log: Log,
}

/// What came of a request: an answer, or why there is none.
type Outcome = Result<Answer, Refusal>;

impl Service {
    pub(super) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Answers a request that came on the connection of `slot`.
    pub(super) async fn answer(
        &self,
        request: Request<Incoming>,
        slot: &Slot,
    ) -> Result<Answer, Infallible> {
        let began = Instant::now();
        slot.set(Waiting::Body);
        let request_id = request_id();
        let (head, mut body) = request.into_parts();
        let route = route::find(&head);
        let name = match &route {
            Ok(route) => route.name(),
            Err(_) => "other",
        };
        let dialect = dialect(&route, head.uri.path());
        let outcome = match route {
            Ok(route) => self.perform(route, &head, &mut body, slot, &request_id).await,
            Err(lost) => Ok(self.lost(&lost, dialect)),
        };
        let code = outcome.as_ref().err().map(|refusal| refusal.code);
        let mut answer = outcome.unwrap_or_else(|refusal| refusal.answer(dialect));
        self.finish(&head, &mut body, &mut answer, slot).await;
        answer::identify(&mut answer, &request_id);
        slot.set(Waiting::Client);

        let (status, took) = (answer.status().as_u16(), began.elapsed());
        self.0.metrics.request(name, status, took);
        if self.0.log.shows(Level::Debug) {
            let fields = [
                ("request_id", Field::Text(&request_id)),
                ("operation", Field::Text(name)),
                ("status", Field::Count(status.into())),
                ("took", Field::Took(took)),
                ("error", Field::Text(code.unwrap_or("-"))),
            ];
            self.0.log.write(Level::Debug, "request", &fields);
        }
        Ok(answer)
    }

    async fn perform(
        &self,
        route: Route,
        head: &Parts,
        body: &mut Incoming,
        slot: &Slot,
        request_id: &str,
    ) -> Outcome {
        self.admit(&route, &head.headers)?;
        match route {
            Route::Operation(operation) => {
                let bytes = self.body(body, slot, self.0.limits.body_bytes).await?;
                let body = with_trace(operation, object(&bytes)?, &head.headers);
                let credential = access::credential(&head.headers).map(str::to_owned);
                let request_id = request_id.to_owned();
                let call = Call { request_id, operation, body, credential };
                self.call(call).await
            }
            Route::Invoke(invoke) => self.invoke(*invoke, head, body, slot, request_id).await,
            Route::Health => {
                slot.set(Waiting::Handler);
                self.health(request_id).await
            }
            Route::Metrics => {
                let (shared, lines) = (&self.0, self.0.log.dropped());
                let text = shared.metrics.to_text(shared.connections.count(), lines);
                Ok(answer::text(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", text))
            }
            Route::Logs(lines) => {
                let text = self.0.logs.after(lines.after, lines.function.as_deref());
                Ok(answer::text(StatusCode::OK, "application/x-ndjson", text))
            }
        }
    }

    /// Refuses requests without the token, and those that a web page has made.
    fn admit(&self, route: &Route, headers: &HeaderMap) -> Result<(), Refusal> {
        let is_private = !matches!(route, Route::Health | Route::Metrics);
        if is_private && access::is_browser(headers) {
            let message = "requests of web pages are refused: a page could start executions on the machine of \
                whoever looks at it. Send no Origin, Referer or Sec-Fetch-Site header, and not a browser's User-Agent";
            return Err(Refusal::new(StatusCode::FORBIDDEN, "AccessDeniedException", message));
        }
        if is_private && access::is_page_content(headers) {
            let message = "the Content-Type is application/x-amz-json-1.0 or application/json";
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(Refusal::new(status, "UnsupportedMediaTypeException", message));
        }
        let is_open = *route == Route::Health;
        if !is_open && self.0.token.as_ref().is_some_and(|token| !token.is_in(headers)) {
            let message = "this server was started with a token: set AWS_ACCESS_KEY_ID to it \
                (the secret key may be anything), or send `Authorization: Bearer TOKEN`";
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "UnrecognizedClientException",
                message,
            ));
        }
        Ok(())
    }

    /// The body, up to `limit` bytes; from then on the connection waits for the handler.
    async fn body(&self, body: &mut Incoming, slot: &Slot, limit: usize) -> Result<Bytes, Refusal> {
        let read = body::read(body, limit).await;
        let bytes = read.map_err(|unread| match unread {
            Unread::TooLong => too_long(format!("the body is longer than {limit} bytes")),
            Unread::Broken => {
                let message =
                    "the body ended before its announced length, or its chunks are not chunks";
                Refusal::new(StatusCode::BAD_REQUEST, "SerializationException", message)
            }
        })?;
        slot.set(Waiting::Handler);
        Ok(bytes)
    }

    async fn call(&self, call: Call) -> Outcome {
        let (request_id, operation) = (call.request_id.clone(), call.operation);
        let failure = match guarded(|| self.0.handler.call(call)).await {
            Ok(Ok(value)) => return Ok(answer::of_value(StatusCode::OK, &value)),
            Ok(Err(Failure::Refused(error))) => return Err(error.into()),
            Ok(Err(Failure::Internal(reason))) => reason,
            Err(panic) => panic,
        };
        Err(self.failed(&request_id, operation, &failure))
    }

    async fn invoke(
        &self,
        invoke: Invoke,
        head: &Parts,
        body: &mut Incoming,
        slot: &Slot,
        request_id: &str,
    ) -> Outcome {
        let limit = lambda::payload_limit(invoke.kind, self.0.limits.payload_bytes);
        let payload = self.body(body, slot, limit).await.map_err(|refusal| {
            let is_long = refusal.status == StatusCode::PAYLOAD_TOO_LARGE;
            if is_long { lambda::too_long(limit) } else { refusal }
        })?;
        let trace = trace_of_headers(&head.headers);
        let invocation = invoke.of(payload, trace, request_id.to_owned());
        match guarded(|| self.0.handler.invoke(invocation)).await {
            Ok(invoked) => lambda::answer(invoked),
            Err(panic) => {
                let mut refusal = self.failed(request_id, "Invoke", &panic);
                refusal.code = "ServiceException";
                Err(refusal)
            }
        }
    }

    async fn health(&self, request_id: &str) -> Outcome {
        let wrong = match guarded(|| self.0.handler.health()).await {
            Ok(Ok(())) => return Ok(answer::text(StatusCode::OK, "text/plain", "ok\n")),
            Ok(Err(wrong)) | Err(wrong) => wrong,
        };
        let fields = [("request_id", Field::Text(request_id)), ("reason", Field::Text(&wrong))];
        self.0.log.write(Level::Error, "not healthy", &fields);
        let (status, text) = (StatusCode::SERVICE_UNAVAILABLE, "not healthy: the log says why\n");
        Ok(answer::text(status, "text/plain", text))
    }

    /// Tells the log why a request failed, and the client only that it did.
    fn failed(&self, request_id: &str, operation: &str, reason: &str) -> Refusal {
        let fields = [
            ("request_id", Field::Text(request_id)),
            ("operation", Field::Text(operation)),
            ("reason", Field::Text(reason)),
        ];
        self.0.log.write(Level::Error, "request failed", &fields);
        faastlane_api::Error::internal().into()
    }

    /// The answer to a request for something that is not there.
    fn lost(&self, lost: &Lost, dialect: Dialect) -> Answer {
        let refusal = match lost {
            Lost::UnknownOperation => Refusal::new(
                StatusCode::BAD_REQUEST,
                "UnknownOperationException",
                "the X-Amz-Target header is not AWSStepFunctions. and an operation of the Step Functions API",
            ),
            Lost::Invocation(message) => {
                let code = "InvalidParameterValueException";
                Refusal::new(StatusCode::BAD_REQUEST, code, message)
            }
            Lost::Path => Refusal::new(StatusCode::NOT_FOUND, "NotFound", PEOPLE),
            Lost::Method(methods) => {
                let status = StatusCode::METHOD_NOT_ALLOWED;
                let message = format!("this address answers {methods} only");
                Refusal::new(status, "MethodNotAllowed", message)
            }
        };
        let mut answer = refusal.answer(dialect);
        if let Lost::Method(methods) = lost {
            answer::allow(&mut answer, methods);
        }
        answer
    }

    /// Leaves the connection as the next request needs it.
    async fn finish(&self, head: &Parts, body: &mut Incoming, answer: &mut Answer, slot: &Slot) {
        use hyper::body::Body as _;
        // Whoever disagrees with us about where such a body ends could put a request of his behind it.
        let is_chunked = head.headers.contains_key(TRANSFER_ENCODING);
        if is_chunked {
            answer::close(answer);
        }
        if body.is_end_stream() {
            return;
        }
        slot.change(Waiting::Handler, Waiting::Body);
        // A client that waits for leave to send its body gets the answer instead.
        let is_asking = head.headers.contains_key(EXPECT);
        if is_asking || !body::drop_rest(body, self.0.limits.dropped_bytes).await {
            answer::close(answer);
        }
    }
}

/// What people see who open the server's address in a browser.
const PEOPLE: &str = "There is no page here. This is Faastlane, which answers the Step Functions API for SDKs and the AWS CLI:\n\
    set AWS_ENDPOINT_URL_SFN to this address (and AWS_DISABLE_HOST_PREFIX_INJECTION=true), then try\n\
    \n    aws stepfunctions list-state-machines\n\n\
    /healthz says whether the server works, /metrics what it has done, and functions are called at\n\
    /2015-03-31/functions/NAME/invocations (AWS_ENDPOINT_URL_LAMBDA).";

fn dialect(route: &Result<Route, Lost>, path: &str) -> Dialect {
    match route {
        Ok(Route::Operation(_)) | Err(Lost::UnknownOperation) => Dialect::StepFunctions,
        Ok(Route::Invoke(_)) | Err(Lost::Invocation(_)) => Dialect::Lambda,
        Err(_) if path.starts_with("/2015-03-31/") => Dialect::Lambda,
        Ok(Route::Health | Route::Metrics | Route::Logs(_)) | Err(Lost::Path | Lost::Method(_)) => {
            Dialect::Plain
        }
    }
}

fn too_long(message: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLargeException", message)
}

/// The object that a body is. An empty body is an empty object, as some clients send it.
fn object(body: &[u8]) -> Result<Value, Refusal> {
    if body.is_empty() {
        return Ok(Value::empty_object());
    }
    let refused = |message: String| Refusal::from(faastlane_api::Error::serialization(message));
    let value =
        json::parse(body).map_err(|error| refused(format!("the body is not JSON: {error}")))?;
    match value {
        Value::Object(_) => Ok(value),
        other => Err(refused(format!("the body is a JSON {}, not an object", other.kind()))),
    }
}

/// A request that starts an execution belongs to the trace of its HTTP headers, if it names none of its own.
fn with_trace(operation: &str, body: Value, headers: &HeaderMap) -> Value {
    if !matches!(operation, "StartExecution" | "StartSyncExecution") {
        return body;
    }
    let Some(members) = body.as_object().filter(|members| members.get("traceHeader").is_none())
    else {
        return body;
    };
    let Some(trace) = trace_of_headers(headers) else { return body };
    let mut with_trace = ObjectBuilder::with_capacity(members.len() + 1);
    for (name, value) in members.iter() {
        with_trace.insert(name.clone(), value.clone());
    }
    with_trace.insert("traceHeader", trace.as_str());
    with_trace.build()
}

/// A new UUID. Ids need not be secret, only different.
fn request_id() -> String {
    let random = fastrand::u128(..).to_be_bytes();
    uuid::Builder::from_random_bytes(random).into_uuid().to_string()
}

/// What `begin` returns, or the message of its panic.
async fn guarded<'a, T>(begin: impl FnOnce() -> Answering<'a, T>) -> Result<T, String> {
    let answering = catch_unwind(AssertUnwindSafe(begin)).map_err(|panic| message(&*panic))?;
    Guarded(answering).await
}

/// An answer that is being made, whose panics end only itself.
struct Guarded<'a, T>(Answering<'a, T>);

impl<T> Future for Guarded<'_, T> {
    type Output = Result<T, String>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // After a panic it is not polled again.
        let polled = catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(cx)));
        polled.map_or_else(|panic| Poll::Ready(Err(message(&*panic))), |poll| poll.map(Ok))
    }
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    format!("panic: {}", text.unwrap_or("without a message"))
}
