//! The context object, `$$`.
//!
//! Built only when a path asks for it. Members and their order are as recorded on AWS.

use faastlane_asl::State;
use faastlane_frame::Data;
use faastlane_value::str_literal;

use crate::flow::{Flow, Progress};

/// The context object that a state of `flow` sees; `item` is the item of a Map state whose
/// `ItemSelector` is being evaluated.
pub(crate) fn build(
    progress: &Progress,
    flow: &Flow,
    state: &State,
    item: Option<(usize, &Data)>,
) -> Data {
    let about = &progress.about;
    let execution = Data::object(vec![
        (str_literal!("Id"), about.execution_arn.clone().into()),
        (str_literal!("Input"), about.input.clone()),
        (str_literal!("StartTime"), about.started_at.to_string().into()),
        (str_literal!("Name"), about.execution_name.clone().into()),
        (str_literal!("RoleArn"), about.role_arn.clone().into()),
        (str_literal!("RedriveCount"), 0.into()),
    ]);
    let machine = Data::object(vec![
        (str_literal!("Id"), about.machine_arn.clone().into()),
        (str_literal!("Name"), about.machine_name.clone().into()),
    ]);
    let mut entered = vec![
        (str_literal!("Name"), state.name.clone().into()),
        (str_literal!("EnteredTime"), flow.entered_at.to_string().into()),
    ];
    if state.kind.handling().is_some() {
        entered.push((str_literal!("RetryCount"), flow.retry_count.cast_signed().into()));
    }
    let mut context = vec![
        (str_literal!("Execution"), execution),
        (str_literal!("StateMachine"), machine),
        (str_literal!("State"), Data::object(entered)),
    ];
    if let Some((index, value)) = item.or_else(|| current_item(progress, flow)) {
        let item = Data::object(vec![
            (str_literal!("Index"), i64::try_from(index).unwrap_or(i64::MAX).into()),
            (str_literal!("Value"), value.clone()),
        ]);
        context.push((str_literal!("Map"), Data::object(vec![(str_literal!("Item"), item)])));
    }
    Data::object(context)
}

/// The item of the innermost iteration that `flow` is part of.
fn current_item<'a>(progress: &'a Progress, flow: &'a Flow) -> Option<(usize, &'a Data)> {
    let mut flow = flow;
    loop {
        let (parent, index) = flow.parent?;
        if let Some(item) = &flow.item {
            return Some((index, item));
        }
        flow = progress.flow(parent);
    }
}
