//! Executions that are only written down.

use std::sync::{Arc, Mutex};

use faastlane_engine::{MapRunChange, Outcome, Time};
use faastlane_store::{Change, Ended, Started as Row, Status, Store};
use faastlane_value::json;

use super::NOW;
use crate::executions::{ActivityTask, Refused, Start, Started, SyncOutcome, TaskAnswer};
use crate::operations::Runs;

#[derive(Clone)]
pub(in crate::operations) struct StandIn {
    store: Arc<Store>,
    /// What was asked for and stands nowhere else.
    pub(in crate::operations) asked: Arc<Mutex<Vec<String>>>,
}

impl StandIn {
    pub(super) fn new(store: Arc<Store>) -> Self {
        Self { store, asked: Arc::default() }
    }

    pub(super) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    fn note(&self, what: String) {
        self.asked.lock().unwrap().push(what);
    }

    /// Writes the end of an execution.
    pub(super) fn end(&self, arn: &str, status: Status, text: Option<&str>) {
        let text = text.map(str::to_owned);
        let (output, error) = if status == Status::Succeeded { (text, None) } else { (None, text) };
        let arn = Arc::from(arn);
        let ended = Ended { arn, status, at: NOW + 1000, output, error, cause: None };
        self.store.commit(&[Change::Ended(Box::new(ended))]).unwrap();
    }
}

impl Runs for StandIn {
    async fn start(&self, start: Start) -> Result<Started, Refused> {
        let name = start.name.unwrap_or_else(|| "generated".to_owned());
        let kind = if start.machine.express { ":express:" } else { ":execution:" };
        let arn = format!("{}:{name}", start.machine.arn.replacen(":stateMachine:", kind, 1));
        if let Some(case) = start.test_case {
            self.note(format!("{arn} with {case}"));
        }
        match self.store.execution(&arn).unwrap() {
            Some(known) if known.status == Status::Running && known.input == start.input => {
                return Ok(Started { arn, start_date: known.started });
            }
            Some(_) => return Err(Refused::ExecutionAlreadyExists),
            None => {}
        }
        let started = Row {
            arn: Arc::from(arn.as_str()),
            revision: start.machine.revision,
            name,
            at: NOW,
            version_arn: start.version_arn,
            alias_arn: start.alias_arn,
            trace_header: start.trace_header,
            parent: None,
            input: start.input,
            bytes: Vec::new(),
        };
        self.store.commit(&[Change::Started(Box::new(started))]).unwrap();
        Ok(Started { arn, start_date: NOW })
    }

    async fn start_sync(&self, start: Start) -> Result<SyncOutcome, Refused> {
        let name = start.name.unwrap_or_else(|| "generated".to_owned());
        let machine = start.machine.arn.replacen(":stateMachine:", ":express:", 1);
        let outcome = match start.input.as_str() {
            "\"fail\"" => Outcome::Failed { error: Some("E".into()), cause: Some("c".into()) },
            "\"late\"" => Outcome::TimedOut { error: Some("States.Timeout".into()), cause: None },
            input => Outcome::Succeeded(json::parse(input.as_bytes()).unwrap().into()),
        };
        Ok(SyncOutcome {
            arn: format!("{machine}:{name}:uuid"),
            name,
            start_date: Time(NOW),
            stop_date: Time(NOW + 101),
            outcome,
        })
    }

    async fn stop(
        &self,
        arn: &str,
        error: Option<String>,
        _: Option<String>,
    ) -> Result<i64, Refused> {
        let known = self.store.execution(arn).unwrap().ok_or(Refused::ExecutionDoesNotExist)?;
        if let Some(stopped) = known.stopped {
            return Ok(stopped);
        }
        self.end(arn, Status::Aborted, error.as_deref());
        Ok(NOW + 1000)
    }

    async fn redrive(&self, arn: &str) -> Result<i64, Refused> {
        let (execution, bytes) = (Arc::from(arn), Vec::new());
        self.store.commit(&[Change::Redriven { execution, at: NOW + 2000, bytes }]).unwrap();
        Ok(NOW + 2000)
    }

    async fn answer(&self, token: &str, answer: TaskAnswer) -> Result<(), Refused> {
        match token {
            "good" => {
                self.note(format!("{answer:?}"));
                Ok(())
            }
            "late" => Err(Refused::TaskTimedOut),
            "gone" => Err(Refused::TaskDoesNotExist),
            _ => Err(Refused::InvalidToken),
        }
    }

    async fn next_activity_task(
        &self,
        arn: &str,
        worker: Option<String>,
    ) -> Result<ActivityTask, Refused> {
        match worker {
            None => std::future::pending().await,
            Some(worker) => {
                self.note(format!("{worker} at {arn}"));
                Ok(ActivityTask { token: "t".to_owned(), input: "{}".to_owned() })
            }
        }
    }

    async fn update_map_run(&self, arn: &str, change: MapRunChange) -> Result<(), Refused> {
        self.note(format!("{arn}: {change:?}"));
        Ok(())
    }
}
