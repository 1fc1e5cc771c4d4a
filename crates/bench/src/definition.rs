//! State machines to measure: chains of equal states, written as JSON and read like a user's.

use std::sync::Arc;

use anyhow::Context;
use faastlane_asl::{MachineType, StateMachine};
use faastlane_engine::{Limits, Start};
use faastlane_value::{Value, json, located};

/// A chain of `states` with the names `S0`, `S1`, …; each gets its `Next`, the last one its `End`.
pub(crate) fn chain(states: Vec<serde_json::Value>) -> anyhow::Result<Arc<StateMachine>> {
    let last = states.len() - 1;
    let named = states.into_iter().enumerate().map(|(at, mut state)| {
        if at == last {
            state["End"] = true.into();
        } else {
            state["Next"] = format!("S{}", at + 1).into();
        }
        (format!("S{at}"), state)
    });
    let states: serde_json::Map<_, _> = named.collect();
    read(&serde_json::json!({ "StartAt": "S0", "States": states }))
}

/// The machine that `definition` describes.
pub(crate) fn read(definition: &serde_json::Value) -> anyhow::Result<Arc<StateMachine>> {
    let tree = located::parse(&definition.to_string())?;
    let (machine, diagnostics) = faastlane_asl::read(&tree, MachineType::Standard);
    let machine = machine.with_context(|| format!("a definition is refused: {diagnostics:?}"))?;
    Ok(Arc::new(machine))
}

/// The start of an execution without limits.
pub(crate) fn start(input: Value) -> Start {
    Start {
        execution_arn: "arn:aws:states:us-east-1:123456789012:execution:bench:1".into(),
        execution_name: "1".into(),
        machine_arn: "arn:aws:states:us-east-1:123456789012:stateMachine:bench".into(),
        machine_name: "bench".into(),
        role_arn: "arn:aws:iam::123456789012:role/bench".into(),
        input,
        seed: 1,
        limits: Limits::NONE,
    }
}

/// The engine's form of a value.
pub(crate) fn value(value: &serde_json::Value) -> anyhow::Result<Value> {
    Ok(json::parse(value.to_string().as_bytes())?)
}
