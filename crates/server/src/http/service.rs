//! One request: let in, read, performed, answered, counted.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{EXPECT, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::{Request, StatusCode};

use super::access::{self, Token};
use super::answer::{self, Answer, Refusal};
use super::body::{self, Unread};
use super::connections::{Connections, Slot, Waiting};
use super::guard::guarded;
use super::route::{self, Invoke, Route};
use super::{Call, Failure, Handler, Limits, lambda, refusals, request};
use crate::Logs;
use crate::telemetry::{Field, Level, Log, Metrics, trace_of_headers};

/// How long the server may take to say how it is. Probes wait for some seconds.
const PROBE_TIME: Duration = Duration::from_secs(2);

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
        let dialect = refusals::dialect(&route, head.uri.path());
        let outcome = match route {
            Ok(route) => self.perform(route, &head, &mut body, slot, &request_id).await,
            Err(lost) => Ok(refusals::lost(&lost, dialect)),
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
        refusals::admit(&route, &head.headers, self.0.token.as_ref())?;
        match route {
            Route::Operation(operation) => {
                let bytes = self.body(body, slot, self.0.limits.body_bytes).await?;
                let body = request::with_trace(operation, request::object(&bytes)?, &head.headers);
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
                slot.set(Waiting::Handler);
                let (shared, lines) = (&self.0, self.0.log.dropped());
                let waiting = in_time(guarded(|| shared.handler.waiting())).await;
                let waiting = waiting.ok().flatten();
                let text = shared.metrics.to_text(shared.connections.count(), waiting, lines);
                Ok(answer::text(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", text))
            }
            Route::Logs(lines) => {
                let text = self.0.logs.after(lines.after, lines.function.as_deref());
                Ok(answer::text(StatusCode::OK, "application/x-ndjson", text))
            }
        }
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
        let wrong = match in_time(guarded(|| self.0.handler.health())).await {
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

fn too_long(message: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLargeException", message)
}

/// What is there in time for whoever watches the server, or what is wrong.
async fn in_time<T>(asked: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let answered = tokio::time::timeout(PROBE_TIME, asked).await;
    answered.unwrap_or_else(|_| Err(format!("no answer after {PROBE_TIME:?}")))
}

/// A new UUID. Ids need not be secret, only different.
fn request_id() -> String {
    let random = fastrand::u128(..).to_be_bytes();
    uuid::Builder::from_random_bytes(random).into_uuid().to_string()
}
