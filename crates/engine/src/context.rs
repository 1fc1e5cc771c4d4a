//! The context object, `$$`.
//!
//! Built only when a path asks for it. Members and their order are as recorded on AWS.

use faastlane_asl::{Kind, State};
use faastlane_value::{ObjectBuilder, Value};

use crate::flow::{Flow, Progress};

/// The context object that a state of `flow` sees; `item` is the item of a Map state whose
/// `ItemSelector` is being evaluated.
pub(crate) fn build(
    progress: &Progress,
    flow: &Flow,
    state: &State,
    item: Option<(usize, &Value)>,
) -> Value {
    let about = &progress.about;
    let mut execution = ObjectBuilder::with_capacity(6);
    execution.insert("Id", about.execution_arn.clone());
    execution.insert("Input", about.input.clone());
    execution.insert("StartTime", about.started_at.to_string());
    execution.insert("Name", about.execution_name.clone());
    execution.insert("RoleArn", about.role_arn.clone());
    execution.insert("RedriveCount", 0);

    let mut machine = ObjectBuilder::with_capacity(2);
    machine.insert("Id", about.machine_arn.clone());
    machine.insert("Name", about.machine_name.clone());

    let mut entered = ObjectBuilder::with_capacity(3);
    entered.insert("Name", state.name.clone());
    entered.insert("EnteredTime", flow.entered_at.to_string());
    if matches!(state.kind, Kind::Task(_)) {
        entered.insert("RetryCount", flow.retry_count.cast_signed());
    }

    let mut context = ObjectBuilder::with_capacity(4);
    context.insert("Execution", execution.build());
    context.insert("StateMachine", machine.build());
    context.insert("State", entered.build());
    if let Some((index, value)) = item.or_else(|| current_item(progress, flow)) {
        let mut item = ObjectBuilder::with_capacity(2);
        item.insert("Index", i64::try_from(index).unwrap_or(i64::MAX));
        item.insert("Value", value.clone());
        context.insert("Map", Value::object([("Item", item.build())]));
    }
    context.build()
}

/// The item of the innermost iteration that `flow` is part of.
fn current_item<'a>(progress: &'a Progress, flow: &'a Flow) -> Option<(usize, &'a Value)> {
    let mut flow = flow;
    loop {
        let (parent, index) = flow.parent?;
        if let Some(item) = &flow.item {
            return Some((index, item));
        }
        flow = progress.flow(parent);
    }
}
