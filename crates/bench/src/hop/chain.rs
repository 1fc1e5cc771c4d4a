//! Executions of a chain of Task states in a container, with every history event kept.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use faastlane_asl::StateMachine;
use faastlane_container::{Conditions, Container, EndedCall, Ids, Observer, Request};
use faastlane_engine::{EventKind, HistoryEvent, Outcome, Start};
use faastlane_lanes::FunctionIndex;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Kind;
use crate::case::Subject;
use crate::code::{ARN, Code, STEPS};
use crate::definition;
use crate::payload::Payload;

/// What a state does with a result before it hands it on. The value stays the same.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) enum Touch {
    Nothing,
    /// A path to its one member.
    Member,
    /// A path to all items of that member.
    Items,
}

/// A container with the functions, and what runs in it.
pub(crate) struct Chain {
    container: Container,
    machine: Arc<StateMachine>,
    start: Start,
}

impl Chain {
    pub(crate) fn new(
        code: &Code,
        kind: Kind,
        payload: Payload,
        touch: Touch,
    ) -> anyhow::Result<Self> {
        let event = payload.value();
        let member = event.as_object().and_then(|event| event.keys().next());
        let selector = |path: String| json!({format!("{}.$", member.unwrap()): path});
        let task = |at| {
            let mut task = json!({"Type": "Task", "Resource": format!("{ARN}step{at}")});
            let path = member.map(|member| format!("$.{member}")).unwrap_or_default();
            match touch {
                Touch::Nothing => {}
                Touch::Member => task["ResultSelector"] = selector(path),
                Touch::Items => task["ResultSelector"] = selector(path + "[*]"),
            }
            task
        };
        let machine = definition::chain((0..STEPS).map(task).collect())?;
        let index = |reference: &str| {
            let step = reference.strip_prefix(ARN)?.strip_prefix("step")?;
            step.parse().ok().map(FunctionIndex)
        };
        let container =
            Container::new(code.steps(), Box::new(index), kind.options()?, Ids::seeded(1))?;
        let start = definition::start(definition::value(&event)?);
        Ok(Self { container, machine, start })
    }
}

impl Subject for Chain {
    fn measure(&mut self, budget: Duration) -> anyhow::Result<Vec<f64>> {
        let mut hops = Vec::new();
        let until = Instant::now() + budget;
        while hops.is_empty() || Instant::now() < until {
            let (machine, start) = (Arc::clone(&self.machine), self.start.clone());
            let mut watch = Watch { hops: &mut hops, last: Instant::now(), history: Vec::new() };
            let outcome = self
                .container
                .run(Request { machine, start, conditions: Conditions::default() }, &mut watch)?;
            let Outcome::Succeeded(output) = outcome else { bail!("it ended: {outcome:?}") };
            ensure!(watch.history.len() == 2 + 5 * STEPS, "events are missing in the history");
            ensure!(output == self.start.input, "a handler changed the event");
        }
        Ok(hops)
    }
}

/// Keeps the history, and when each state ended.
struct Watch<'a> {
    hops: &'a mut Vec<f64>,
    last: Instant,
    history: Vec<HistoryEvent>,
}

impl Observer for Watch<'_> {
    fn recorded(&mut self, event: HistoryEvent, _: Instant) {
        if let EventKind::StateExited { .. } = event.kind {
            let now = Instant::now();
            self.hops.push((now - self.last).as_secs_f64() * 1e9);
            self.last = now;
        }
        self.history.push(event);
    }

    fn wrote(&mut self, _: FunctionIndex, _: &str) {}

    fn called(&mut self, _: EndedCall) {}
}
