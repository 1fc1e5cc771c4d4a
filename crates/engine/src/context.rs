//! The context object, `$$`.
//!
//! Built only when a path asks for it. Members and their order are as recorded on AWS.

use faastlane_asl::State;
use faastlane_value::{ObjectBuilder, Value, str_literal};

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
    execution.insert(str_literal!("Id"), about.execution_arn.clone());
    execution.insert(str_literal!("Input"), about.input.clone());
    execution.insert(str_literal!("StartTime"), about.started_at.to_string());
    execution.insert(str_literal!("Name"), about.execution_name.clone());
    execution.insert(str_literal!("RoleArn"), about.role_arn.clone());
    execution.insert(str_literal!("RedriveCount"), 0);

    let mut machine = ObjectBuilder::with_capacity(2);
    machine.insert(str_literal!("Id"), about.machine_arn.clone());
    machine.insert(str_literal!("Name"), about.machine_name.clone());

    let mut entered = ObjectBuilder::with_capacity(3);
    entered.insert(str_literal!("Name"), state.name.clone());
    entered.insert(str_literal!("EnteredTime"), flow.entered_at.to_string());
    if state.kind.handling().is_some() {
        entered.insert(str_literal!("RetryCount"), flow.retry_count.cast_signed());
    }

    let mut context = ObjectBuilder::with_capacity(4);
    context.insert(str_literal!("Execution"), execution.build());
    context.insert(str_literal!("StateMachine"), machine.build());
    context.insert(str_literal!("State"), entered.build());
    if let Some((index, value)) = item.or_else(|| current_item(progress, flow)) {
        let mut item = ObjectBuilder::with_capacity(2);
        item.insert(str_literal!("Index"), i64::try_from(index).unwrap_or(i64::MAX));
        item.insert(str_literal!("Value"), value.clone());
        context.insert(str_literal!("Map"), Value::object([(str_literal!("Item"), item.build())]));
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
