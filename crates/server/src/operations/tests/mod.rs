//! Operations over a store in memory, and a stand-in for executions that runs nothing: what it is asked for
//! stands in the store afterwards.

mod activities;
mod aliases;
mod executions;
mod histories;
mod machines;
mod map_runs;
mod standin;
mod tags;
mod versions;

use std::sync::Arc;
use std::time::Duration;

use faastlane_engine::{ErrorDetails, TaskRequest};
use faastlane_store::{Millis, Store};
use faastlane_value::{Value, json};

use super::{Calls, Operations};
use crate::http::{Call, Failure};
use standin::StandIn;

/// When everything happens in these tests.
pub(super) const NOW: Millis = 1_700_000_000_123;

/// Nobody is called.
#[derive(Debug)]
struct Nobody;

impl Calls for Nobody {
    fn model(&self, _: &str) -> Option<Value> {
        None
    }

    fn call(&self, _: &TaskRequest) -> Result<Value, ErrorDetails> {
        Err(ErrorDetails { error: Some("Nobody".into()), cause: None })
    }
}

/// A server without HTTP.
pub(super) struct Server {
    pub(super) store: Arc<Store>,
    pub(super) executions: StandIn,
    operations: Operations<StandIn>,
}

impl Server {
    pub(super) fn new() -> Self {
        let store = Arc::new(Store::in_memory().expect("there is memory"));
        let executions = StandIn::new(Arc::clone(&store));
        let mut operations =
            Operations::new(Arc::clone(&store), executions.clone(), Arc::new(Nobody));
        operations.clock = || NOW;
        operations.poll = Duration::ZERO;
        Self { store, executions, operations }
    }

    /// The answer, or code and message of the error. In texts `@` is the beginning of ARNs here, `PASS` and `ROLE`
    /// are a definition and a role, and `NOW` the time.
    pub(super) async fn answer(&self, operation: &'static str, body: &str) -> String {
        match self.send(operation, body).await {
            Ok(answer) => answer.to_json(),
            Err(Failure::Refused(error)) => error.to_string(),
            Err(Failure::Internal(why)) => panic!("{operation} {body}: {why}"),
        }
    }

    pub(super) async fn send(&self, operation: &'static str, body: &str) -> Result<Value, Failure> {
        let body =
            json::parse(full(body).as_bytes()).unwrap_or_else(|error| panic!("{error}: {body}"));
        let (request_id, credential) = (String::new(), None);
        self.operations.call(&Call { request_id, operation, body, credential }).await
    }

    #[track_caller]
    pub(super) fn check(
        &self,
        operation: &'static str,
        body: &str,
        expected: &str,
    ) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        let (body, expected) = (body.to_owned(), full(expected));
        async move {
            let found = self.answer(operation, &body).await;
            assert_eq!(found, expected, "{caller}: {operation} {body}");
        }
    }

    /// A member of an answer as JSON text, for what differs each time.
    pub(super) async fn member(&self, operation: &'static str, body: &str, name: &str) -> String {
        let answer =
            self.send(operation, body).await.unwrap_or_else(|why| panic!("{body}: {why:?}"));
        answer.get(name).map(Value::to_json).unwrap_or_default()
    }

    /// Makes a machine of this name; `members` are further ones of the request.
    pub(super) async fn create(&self, name: &str, members: &str) {
        let body = format!(r#"{{"name": "{name}", "definition": PASS, "roleArn": ROLE{members}}}"#);
        let answer = self.send("CreateStateMachine", &body).await;
        assert!(answer.is_ok(), "{answer:?}");
    }
}

fn full(text: &str) -> String {
    let definition = |state: &str| {
        let text = format!(
            r#"{{"StartAt":"{state}","States":{{"{state}":{{"Type":"Pass","End":true}}}}}}"#
        );
        Value::from(text).to_json()
    };
    let (pass, other) = (definition("A"), definition("B"));
    text.replace('@', "arn:aws:states:us-east-1:123456789012:")
        .replace("PASS", &pass)
        .replace("OTHER", &other)
        .replace("ROLE", r#""arn:aws:iam::123456789012:role/r""#)
        .replace("NOW", "1700000000.123")
}
