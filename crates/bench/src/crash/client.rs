//! Requests to a server that may be dead at any moment: they are made again until one is answered.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::project::{ANSWER, Planned};

/// How long a server may be away.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two tries.
const AGAIN: Duration = Duration::from_millis(10);
/// How long one answer may take.
const ANSWERED: Duration = Duration::from_secs(20);
const PAGE: u32 = 1_000;

/// A client.
#[derive(Debug)]
pub(super) struct Client {
    agent: ureq::Agent,
    url: String,
    /// Requests that were made again, since nobody had answered.
    pub(super) again: AtomicU64,
}

/// What a server has said to a request.
type Answer = Result<Value, Refused>;

/// An error of the API.
#[derive(Debug)]
struct Refused {
    kind: String,
    text: String,
}

impl Client {
    pub(super) fn new(url: String) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(ANSWERED))
            .proxy(None)
            .build();
        Self { agent: config.new_agent(), url, again: AtomicU64::new(0) }
    }

    /// Whether a server answers now.
    pub(super) fn is_answered(&self) -> bool {
        self.agent
            .get(format!("{}/healthz", self.url))
            .call()
            .is_ok_and(|said| said.status() == 200)
    }

    /// The ARN of the only state machine.
    pub(super) fn machine(&self) -> Result<String> {
        let machines = self.ask("ListStateMachines", &json!({}))?;
        let arn = machines["stateMachines"][0]["stateMachineArn"].as_str();
        Ok(arn.with_context(|| format!("no state machine: {machines}"))?.to_owned())
    }

    /// Starts an execution, whose ARN is the answer. Made again with the same name, it is the same execution.
    pub(super) fn start(&self, machine: &str, planned: &Planned) -> Result<String> {
        let input = planned.input().to_string();
        let request = json!({"stateMachineArn": machine, "name": planned.name, "input": input});
        match self.request("StartExecution", &request)? {
            Ok(said) => Ok(said["executionArn"].as_str().context("it has an ARN")?.to_owned()),
            // It was started by a try whose answer was lost, and is over.
            Err(refused) if refused.kind == "ExecutionAlreadyExists" => {
                let (before, _) = machine.rsplit_once(":stateMachine:").context("its ARN")?;
                let (_, name) = machine.rsplit_once(':').context("its ARN")?;
                Ok(format!("{before}:execution:{name}:{}", planned.name))
            }
            Err(refused) => bail!("StartExecution: {}: {}", refused.kind, refused.text),
        }
    }

    /// Answers a question. False if somebody has: a try whose answer was lost, or the same question
    /// asked by the call before.
    pub(super) fn answer(&self, token: &str) -> Result<bool> {
        let output = json!({"value": ANSWER}).to_string();
        match self.request("SendTaskSuccess", &json!({"taskToken": token, "output": output}))? {
            Ok(_) => Ok(true),
            Err(refused)
                if matches!(refused.kind.as_str(), "TaskTimedOut" | "TaskDoesNotExist") =>
            {
                Ok(false)
            }
            Err(refused) => bail!("SendTaskSuccess: {}: {}", refused.kind, refused.text),
        }
    }

    /// How many executions run.
    pub(super) fn running(&self, machine: &str) -> Result<usize> {
        let request =
            json!({"stateMachineArn": machine, "statusFilter": "RUNNING", "maxResults": PAGE});
        let said = self.ask("ListExecutions", &request)?;
        Ok(said["executions"].as_array().map_or(0, Vec::len))
    }

    pub(super) fn describe(&self, arn: &str) -> Result<Value> {
        self.ask("DescribeExecution", &json!({"executionArn": arn}))
    }

    /// All events of an execution.
    pub(super) fn history(&self, arn: &str) -> Result<Vec<Value>> {
        let mut events = Vec::new();
        let mut request = json!({"executionArn": arn, "maxResults": PAGE});
        loop {
            let mut said = self.ask("GetExecutionHistory", &request)?;
            if let Value::Array(page) = said["events"].take() {
                events.extend(page);
            }
            match said["nextToken"].take() {
                Value::Null => return Ok(events),
                token => request["nextToken"] = token,
            }
        }
    }

    fn ask(&self, operation: &str, request: &Value) -> Result<Value> {
        self.request(operation, request)?
            .map_err(|Refused { kind, text }| anyhow::anyhow!("{operation}: {kind}: {text}"))
    }

    fn request(&self, operation: &str, request: &Value) -> Result<Answer> {
        let since = Instant::now();
        loop {
            match self.try_once(operation, request) {
                Ok(answer) => return Ok(answer),
                Err(error) if since.elapsed() > PATIENCE => {
                    return Err(error).with_context(|| format!("{operation} is not answered"));
                }
                Err(_) => {
                    self.again.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(AGAIN);
                }
            }
        }
    }

    fn try_once(&self, operation: &str, request: &Value) -> Result<Answer> {
        let mut response = self
            .agent
            .post(&self.url)
            .header("Content-Type", "application/x-amz-json-1.0")
            .header("X-Amz-Target", format!("AWSStepFunctions.{operation}"))
            .send(request.to_string())?;
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(1 << 30).read_to_string()?;
        let body: Value =
            serde_json::from_str(&body).with_context(|| format!("no JSON: {body}"))?;
        match status {
            200 => Ok(Ok(body)),
            400 => {
                let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
                let kind = text("__type").rsplit('#').next().unwrap_or_default().to_owned();
                Ok(Err(Refused { kind, text: text("message") }))
            }
            _ => bail!("{status}: {body}"),
        }
    }
}
