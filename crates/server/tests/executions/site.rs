//! A server's executions without HTTP and functions.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use faastlane_asl::StateMachine;
use faastlane_container::process::{Definition, MakeSetup, Program, Setup};
use faastlane_container::{Placement, WaitScale};
use faastlane_dataset::Location;
use faastlane_engine::{HistoryEvent, Limits};
use faastlane_server::executions::{Executions, Handle, Observe, Observed, Start};
use faastlane_server::{Runnable, Settings, Workshop};
use faastlane_store::{
    Created, Durability, Execution, Kind, NewMachine, Settings as OfMachine, Status, Store,
};
use faastlane_value::{Value, json};

/// Executions over a store.
pub(crate) struct Site {
    pub(crate) store: Arc<Store>,
    executions: Option<Executions>,
    runtime: tokio::runtime::Runtime,
}

impl Site {
    pub(crate) fn in_memory() -> Self {
        Self::over(Store::in_memory().unwrap())
    }

    /// As a server that opens this file.
    pub(crate) fn open(file: &Path) -> Self {
        Self::over(Store::open(file, Durability::Normal).unwrap())
    }

    fn over(store: Store) -> Self {
        let store = Arc::new(store);
        let settings = Settings {
            limits: Limits::NONE,
            wait_scale: WaitScale::default(),
            mocks: None,
            s3: Location::None,
            observer: Arc::new(Nobody),
        };
        let program = Program { path: "/nonexistent".into(), arguments: Vec::new() };
        let executions = Executions::open(
            Arc::clone(&store),
            Arc::new(settings),
            Arc::new(NoFunctions),
            program,
        );
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { store, executions: Some(executions.unwrap()), runtime }
    }

    pub(crate) fn handle(&self) -> Handle {
        self.executions.as_ref().unwrap().handle()
    }

    /// Waits for an answer, for a minute at most.
    pub(crate) fn wait<T>(&self, answer: impl Future<Output = T>) -> T {
        let within = async { tokio::time::timeout(Duration::from_secs(60), answer).await };
        self.runtime.block_on(within).expect("an answer within a minute")
    }

    /// Creates a Standard machine of these states, the first of which is `A`.
    pub(crate) fn machine(&self, name: &str, states: &str) -> Runnable {
        self.machine_of(name, Kind::Standard, states)
    }

    pub(crate) fn machine_of(&self, name: &str, kind: Kind, states: &str) -> Runnable {
        let definition = format!(r#"{{"StartAt":"A","States":{states}}}"#);
        let created = self.store.create_machine(&NewMachine {
            arn: format!("arn:aws:states:us-east-1:123456789012:stateMachine:{name}"),
            name: name.to_owned(),
            kind,
            settings: OfMachine {
                definition: definition.clone(),
                role_arn: "arn:aws:iam::123456789012:role/r".to_owned(),
                ..OfMachine::default()
            },
            revision_id: name.to_owned(),
            created: 1,
            tags: Vec::new(),
        });
        let (Created::New(machine) | Created::Existing(machine)) = created.unwrap();
        Runnable {
            arn: machine.arn,
            name: machine.name,
            revision: machine.revision.key,
            definition: definition.into(),
            role_arn: machine.revision.settings.role_arn,
            express: kind == Kind::Express,
        }
    }

    /// Starts an execution; its ARN.
    pub(crate) fn start(&self, machine: &Runnable, name: &str, input: &str) -> String {
        self.wait(self.handle().start(start(machine, Some(name), input))).unwrap().arn
    }

    pub(crate) fn execution(&self, arn: &str) -> Execution {
        self.store.execution(arn).unwrap().expect("it was started")
    }

    /// Waits until an execution is over.
    pub(crate) fn ended(&self, arn: &str) -> Execution {
        self.until(|| Some(self.execution(arn)).filter(|found| found.status != Status::Running))
    }

    /// Waits until something is there.
    pub(crate) fn until<T>(&self, look: impl Fn() -> Option<T>) -> T {
        self.wait(async {
            loop {
                if let Some(found) = look() {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
    }

    /// The events of an execution's history so far.
    pub(crate) fn history(&self, arn: &str) -> Vec<Value> {
        let mut events = Vec::new();
        for chunk in self.store.history(arn, 1, 25_000, false).unwrap() {
            let part = json::parse(chunk.events.as_bytes()).unwrap();
            events.extend(part.as_array().unwrap().iter().cloned());
        }
        events
    }

    /// The types of these events, after a check that ids have no gap.
    pub(crate) fn types(&self, arn: &str) -> Vec<String> {
        let events = self.history(arn);
        let ids: Vec<i64> = events
            .iter()
            .map(|event| event.get("id").unwrap().as_number().unwrap().as_i64().unwrap())
            .collect();
        let expected: Vec<i64> = (1..).take(ids.len()).collect();
        assert_eq!(ids, expected);
        events.iter().map(|event| event.get("type").unwrap().as_str().unwrap().to_owned()).collect()
    }

    /// Ends as a server does that is stopped: what runs stays in the store.
    pub(crate) fn close(mut self) {
        self.executions.take().unwrap().close();
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(executions) = self.executions.take() {
            executions.close();
        }
    }
}

pub(crate) fn start(machine: &Runnable, name: Option<&str>, input: &str) -> Start {
    Start {
        machine: machine.clone(),
        version_arn: None,
        alias_arn: None,
        name: name.map(str::to_owned),
        input: input.to_owned(),
        trace_header: None,
        test_case: None,
    }
}

struct NoFunctions;

impl Workshop for NoFunctions {
    fn setup(&self, _: &str, _: &StateMachine, _: Definition) -> Result<Setup, String> {
        Err("there are no functions".to_owned())
    }

    fn function(self: Arc<Self>, _: &str) -> Option<MakeSetup> {
        None
    }

    fn model(&self, _: &str) -> Option<Value> {
        None
    }
}

struct Nobody;

impl Observe for Nobody {
    fn started(&self, _: &Observed) {}
    fn resumed(&self, _: &Observed) {}
    fn recorded(&self, _: &Observed, _: &[HistoryEvent]) {}
    fn ended(&self, _: &Observed, _: Status, _: i64) {}
    fn committed(&self, _: usize, _: Duration) {}
    fn stands_still(&self, why: &str) {
        panic!("the store cannot be written: {why}");
    }
    fn lost(&self, execution: &str, why: &str) {
        panic!("{execution} cannot go on: {why}");
    }
    fn wrote(&self, _: &str, _: &str) {}
    fn died(&self, _: &str) {}
    fn placed(&self, _: &str, _: &Placement) {}
    fn called(&self, _: &str, _: Duration, _: bool) {}
}
