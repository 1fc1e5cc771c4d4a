//! One hop: from the end of one no-op function to the end of the next.
//!
//! Measured in each kind of lane, and each three times or twice: through the container, as users run
//! it, with every history event kept; through the pool of lanes alone, which shows what the
//! orchestrator adds; and for thread lanes through the gate alone, which shows what the pool adds.

mod alone;
mod chain;
mod gate;
mod kind;

pub(crate) use alone::Alone;
pub(crate) use chain::{Chain, Touch};
pub(crate) use gate::{Gate, call, frame};
pub(crate) use kind::Kind;

use std::path::Path;
use std::process::Command;

use crate::case::{Case, Contender, Subject, Unit};
use crate::code::Code;
use crate::job::Job;
use crate::payload::Payload;
use crate::remote::Remote;

/// A chain for each size of event, and what it costs that a path touches each result.
pub(crate) fn cases(code: &Code) -> Vec<Case> {
    let hop = |payload: Payload| {
        let code = code.clone();
        case("hop", payload, move || hops(&code, payload))
    };
    let passing = |payload: Payload| {
        let code = code.clone();
        case("passing on", payload, move || touches(&code, payload))
    };
    let passed = [Payload::Nested, Payload::Floats].map(passing);
    Payload::ALL.into_iter().map(hop).chain(passed).collect()
}

fn case<F>(group: &str, payload: Payload, contenders: F) -> Case
where
    F: FnOnce() -> anyhow::Result<Vec<Contender>> + 'static,
{
    Case {
        name: format!("{group}/{}", payload.name()),
        unit: Unit::Nanoseconds,
        pinned: true,
        contenders: Box::new(contenders),
    }
}

fn hops(code: &Code, payload: Payload) -> anyhow::Result<Vec<Contender>> {
    let code = code.clone();
    let chain = |kind| Job::Chain { code: code.clone(), kind, payload, touch: Touch::Nothing };
    let alone = |kind| Job::Alone { code: code.clone(), kind, payload };
    let goal = match payload {
        Payload::Small => "≤ 0.5",
        Payload::Nested => "≤ 0.3",
        Payload::Text => "≤ 0.05",
        Payload::Floats => "≤ 0.12",
    };
    let mut contenders = Vec::new();
    if code.libpython.is_some() {
        let gate = Job::Gate { code: code.clone(), payload };
        let forked = if payload == Payload::Small { "≤ 2.5" } else { "" };
        contenders.extend([
            Contender::new("thread lanes", chain(Kind::Thread).start()?).goal(goal),
            Contender::new("- without the engine", alone(Kind::Thread).start()?),
            Contender::new("- the gate alone", gate.start()?),
            Contender::new("forked hosts", chain(Kind::Forked).start()?).goal(forked),
            Contender::new("- without the engine", alone(Kind::Forked).start()?),
        ]);
    }
    contenders.extend([
        Contender::new("portable lanes", chain(Kind::Portable).start()?),
        Contender::new("- without the engine", alone(Kind::Portable).start()?),
        Contender::new("plain Python, JSON between", plain(&code, payload)?),
    ]);
    Ok(contenders)
}

/// The same handlers in one plain Python process.
fn plain(code: &Code, payload: Payload) -> anyhow::Result<impl Subject + use<>> {
    let event = code.folder.join("event.json");
    std::fs::write(&event, payload.value().to_string())?;
    Remote::start(&mut python(code, include_str!("python/plain.py"), &event))
}

/// A plain Python that runs `script` with the folder of the code and one more argument.
pub(crate) fn python(code: &Code, script: &str, argument: impl AsRef<Path>) -> Command {
    let mut command = Command::new(&code.python);
    command.args(["-c", script]).arg(&code.folder).arg(argument.as_ref());
    command
}

fn touches(code: &Code, payload: Payload) -> anyhow::Result<Vec<Contender>> {
    if code.libpython.is_none() {
        return Ok(Vec::new());
    }
    let chain =
        |touch| Job::Chain { code: code.clone(), kind: Kind::Thread, payload, touch }.start();
    Ok(vec![
        Contender::new("results as they are", chain(Touch::Nothing)?).goal("< 1"),
        Contender::new("a path picks their one member", chain(Touch::Member)?),
        Contender::new("a path goes through all items", chain(Touch::Items)?),
    ])
}
