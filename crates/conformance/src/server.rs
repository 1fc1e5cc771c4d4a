//! The way of clients: requests over HTTP to `faastlane serve`.
//!
//! A recorded function is known by its name, and recordings have other functions of the same name; so each set of
//! functions has a server of its own.

mod client;
mod process;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use faastlane_asl::MachineType;
use faastlane_value::{Value, json};

use crate::corpus::{Execution, Function};
use crate::way::{Ended, Operation, Refusal, Way};
use client::Client;
use process::Server;

/// Longer than any recorded execution takes, the slowest of which call a function that sleeps for a minute.
const PATIENCE: Duration = Duration::from_secs(600);
/// Between two looks at an execution, at first and at last.
const LOOKS: [Duration; 2] = [Duration::from_millis(5), Duration::from_millis(200)];
/// Events of a page of a history: not all of the longer ones, so that pages are put together here as well.
const PAGE: i64 = 100;
/// Who machines say they are; nobody is asked.
const ROLE: &str = "arn:aws:iam::123456789012:role/recorded";

/// Servers that are started when they are needed, and end with this value.
#[derive(Debug)]
pub struct Servers {
    program: PathBuf,
    running: Mutex<BTreeMap<Functions, Arc<Server>>>,
    machines: AtomicUsize,
}

/// File, handler and runtime of each function, by name.
type Functions = BTreeMap<String, (PathBuf, String, String)>;

impl Servers {
    /// Servers of a program, the command `faastlane`.
    #[must_use]
    pub fn new(program: PathBuf) -> Self {
        Self { program, running: Mutex::default(), machines: AtomicUsize::new(1) }
    }

    /// A client of the server that has these functions.
    fn client(&self, functions: &[Function]) -> Result<Client> {
        let described = |function: &Function| {
            let Function { name, file, handler, runtime, .. } = function;
            (name.clone(), (file.clone(), handler.clone(), runtime.clone()))
        };
        let functions: Functions = functions.iter().map(described).collect();
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let server = match running.get(&functions) {
            Some(server) => Arc::clone(server),
            None => {
                let server = Arc::new(Server::start(&self.program, &functions)?);
                running.insert(functions, Arc::clone(&server));
                server
            }
        };
        Ok(Client::new(server.url()))
    }
}

impl Way for Servers {
    fn name(&self) -> &'static str {
        "the API of the server"
    }

    fn call(
        &self,
        operation: Operation,
        request: &Value,
        functions: &[Function],
    ) -> Result<Result<Value, Refusal>> {
        self.client(functions)?.call(operation.name(), request)
    }

    fn execute(&self, execution: &Execution) -> Result<Result<Ended, String>> {
        let client = self.client(&execution.functions)?;
        let machine = self.machines.fetch_add(1, Ordering::Relaxed);
        let is_express = execution.definition.machine_type == MachineType::Express;
        let request = Value::object([
            ("name", Value::from(format!("recorded-{machine}"))),
            ("definition", Value::from(execution.definition.text.as_str())),
            ("roleArn", Value::from(ROLE)),
            ("type", Value::from(if is_express { "EXPRESS" } else { "STANDARD" })),
        ]);
        let machine = match client.call("CreateStateMachine", &request)? {
            Ok(answer) => answer.get("stateMachineArn").cloned().context("a machine has an ARN")?,
            Err(refusal) => return Ok(Err(refusal.to_string())),
        };
        let start = Value::object([
            ("stateMachineArn", machine.clone()),
            ("input", Value::from(execution.input.to_json())),
        ]);
        let ended = match is_express {
            true => ended(&client.answer("StartSyncExecution", &start)?, Vec::new()),
            false => standard(&client, &start),
        };
        client.answer("DeleteStateMachine", &Value::object([("stateMachineArn", machine)]))?;
        ended.map(Ok)
    }
}

/// Runs a Standard execution.
fn standard(client: &Client, start: &Value) -> Result<Ended> {
    let started = client.answer("StartExecution", start)?;
    let arn = started.get("executionArn").cloned().context("an execution has an ARN")?;
    let described = until_ended(client, &arn)?;
    ended(&described, history(client, &arn)?)
}

/// The description of an execution that has ended, or of one that does not end.
fn until_ended(client: &Client, arn: &Value) -> Result<Value> {
    let request = Value::object([("executionArn", arn.clone())]);
    let began = Instant::now();
    let [mut look, most] = LOOKS;
    loop {
        let described = client.answer("DescribeExecution", &request)?;
        let is_running = described.get("status").and_then(Value::as_str) == Some("RUNNING");
        if !is_running || began.elapsed() > PATIENCE {
            return Ok(described);
        }
        std::thread::sleep(look);
        look = (look * 2).min(most);
    }
}

/// The whole history of an execution.
fn history(client: &Client, arn: &Value) -> Result<Vec<Value>> {
    let mut events = Vec::new();
    let mut token = None;
    loop {
        let members = [("executionArn", arn.clone()), ("maxResults", Value::from(PAGE))];
        let token_member = token.take().map(|token| ("nextToken", token));
        let request = Value::object(members.into_iter().chain(token_member));
        let page = client.answer("GetExecutionHistory", &request)?;
        let of_page = page.get("events").and_then(Value::as_array).context("a page has events")?;
        events.extend(of_page.iter().cloned());
        match page.get("nextToken") {
            Some(next) => token = Some(next.clone()),
            None => return Ok(events),
        }
    }
}

/// How an execution has ended, as `DescribeExecution` and `StartSyncExecution` tell it.
fn ended(described: &Value, events: Vec<Value>) -> Result<Ended> {
    let member = |name: &str| described.get(name).cloned();
    let parsed = |text: &Value| {
        let text = text.as_str().context("an output is a text")?;
        json::parse(text.as_bytes()).map_err(|error| anyhow!("an output is JSON, but {error}"))
    };
    Ok(Ended {
        status: member("status").context("an execution has a status")?,
        output: described.get("output").map(parsed).transpose()?,
        error: member("error"),
        cause: member("cause"),
        events,
    })
}
