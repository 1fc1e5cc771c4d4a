//! Executions of a Map or Parallel state in a container.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use faastlane_asl::StateMachine;
use faastlane_container::{Conditions, Container, EndedCall, Ids, Observer, Request};
use faastlane_engine::{HistoryEvent, Outcome, Start};
use faastlane_lanes::FunctionIndex;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Fan;
use crate::case::Subject;
use crate::code::{ARN, Code};
use crate::definition;
use crate::hop::Kind;
use crate::remote::{sample_for, timed};

/// What fans out.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) enum State {
    Map,
    Parallel,
}

/// A fan-out, and the container in which it runs again and again, or none if each execution is the
/// first in its container.
pub(crate) struct Branches {
    make: Box<dyn Fn() -> anyhow::Result<Container>>,
    kept: Option<Container>,
    is_first: bool,
    machine: Arc<StateMachine>,
    start: Start,
    width: usize,
}

impl Branches {
    pub(crate) fn new(
        code: Code,
        kind: Kind,
        fan: Fan,
        state: State,
        is_first: bool,
    ) -> anyhow::Result<Self> {
        let Fan { width, work } = fan;
        let handler = work.handler();
        let task = json!({"Type": "Task", "Resource": format!("{ARN}{handler}"), "End": true});
        let branch = json!({"StartAt": "Task", "States": {"Task": task}});
        let state = match state {
            State::Map => json!({"Type": "Map", "ItemProcessor": branch}),
            State::Parallel => json!({
                "Type": "Parallel", "InputPath": "$[0]", "Branches": vec![branch; width as usize],
            }),
        };
        let input = vec![json!({"ms": work.milliseconds()}); width as usize];
        let make = move || {
            let functions = vec![code.function(handler)];
            let index = Box::new(|_: &str| Some(FunctionIndex(0)));
            Ok(Container::new(functions, index, kind.options()?, Ids::seeded(1))?)
        };
        Ok(Self {
            make: Box::new(make),
            kept: None,
            is_first,
            machine: definition::chain(vec![state])?,
            start: definition::start(definition::value(&input.into())?),
            width: width as usize,
        })
    }

    fn run(&self, container: &mut Container) -> anyhow::Result<()> {
        let (machine, start) = (Arc::clone(&self.machine), self.start.clone());
        let outcome = container
            .run(Request { machine, start, conditions: Conditions::default() }, &mut Nobody)?;
        let Outcome::Succeeded(output) = outcome else { bail!("it ended: {outcome:?}") };
        let results = output.value().as_array().context("a fan-out gives a list")?;
        ensure!(results.len() == self.width, "results are missing");
        Ok(())
    }
}

impl Subject for Branches {
    fn measure(&mut self, budget: Duration) -> anyhow::Result<Vec<f64>> {
        let mut kept = self.kept.take();
        let samples = sample_for(budget, || {
            let (run, time) = timed(|| {
                let container = match kept.take() {
                    Some(container) => container,
                    None => (self.make)()?,
                };
                self.run(kept.insert(container))
            });
            if self.is_first {
                kept = None;
            }
            run.map(|()| time)
        });
        self.kept = kept;
        samples
    }
}

/// The history is made, and nobody reads it.
struct Nobody;

impl Observer for Nobody {
    fn recorded(&mut self, _: HistoryEvent, _: std::time::Instant) {}

    fn wrote(&mut self, _: FunctionIndex, _: &str) {}

    fn called(&mut self, _: EndedCall) {}
}
