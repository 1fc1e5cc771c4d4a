//! The context object, `$$`.
//!
//! Built only when a path asks for it. Members and their order are as recorded on AWS.

use faastlane_asl::{Kind, State};
use faastlane_frame::Data;
use faastlane_value::{ArcStr, Value, str_literal};

use crate::flow::{Flow, Phase, Progress};

/// The context object that a state of `flow` sees; `item` is the item of a Map state whose
/// `ItemSelector` is being evaluated.
pub(crate) fn build(
    progress: &Progress,
    flow: &Flow,
    state: &State,
    item: Option<(usize, &Data)>,
) -> Data {
    if let Some(given) = progress.inspection.as_ref().and_then(|i| i.context.as_ref()) {
        return given_context(given, item);
    }
    let about = &progress.about;
    // A test of a state may have no role.
    let role = match about.role_arn.is_empty() {
        true => Value::Null,
        false => about.role_arn.clone().into(),
    };
    let child = flow.within.map(|child| progress.child(child));
    let (arn, name, input, started_at) = match child {
        None => {
            (about.execution_arn.clone(), &about.execution_name, &about.input, about.started_at)
        }
        Some(child) => (child.arn(about), &child.name, &child.input, child.started_at),
    };
    let (redrive_count, redriven_at) = match child {
        None => (about.redrive_count, about.redriven_at),
        Some(child) => (child.redrive_count, child.redriven_at),
    };
    let mut execution = vec![
        (str_literal!("Id"), arn.into()),
        (str_literal!("Input"), input.clone()),
        (str_literal!("StartTime"), started_at.to_string().into()),
        (str_literal!("Name"), name.clone().into()),
        (str_literal!("RoleArn"), role.into()),
        (str_literal!("RedriveCount"), redrive_count.cast_signed().into()),
    ];
    if let Some(redriven_at) = redriven_at {
        execution.push((str_literal!("RedriveTime"), redriven_at.to_string().into()));
    }
    let (machine_arn, machine_name) = match child {
        None => (about.machine_arn.clone(), &about.machine_name),
        Some(child) => (about.machine_arn_of(&child.machine_name), &child.machine_name),
    };
    let machine = Data::object(vec![
        (str_literal!("Id"), machine_arn.into()),
        (str_literal!("Name"), machine_name.clone().into()),
    ]);
    let mut entered = vec![
        (str_literal!("Name"), state.name.clone().into()),
        (str_literal!("EnteredTime"), flow.entered_at.to_string().into()),
    ];
    if state.kind.handling().is_some() {
        entered.push((str_literal!("RetryCount"), flow.retry_count.cast_signed().into()));
    }
    let mut context = vec![
        (str_literal!("Execution"), Data::object(execution)),
        (str_literal!("StateMachine"), machine),
        (str_literal!("State"), Data::object(entered)),
    ];
    if let Kind::Task(task) = &state.kind
        && task.resource.waits_for_token()
    {
        let token = flow.token_of.map_or_else(ArcStr::default, |task| progress.token(task));
        let token = Data::object(vec![(str_literal!("Token"), token.into())]);
        context.push((str_literal!("Task"), token));
    }
    if let Some((index, value)) = item.or_else(|| current_item(progress, flow)) {
        context.push((str_literal!("Map"), map_of(index, value, source_of(flow, state))));
    }
    Data::object(context)
}

/// `$$.Map.Item.Source` of a distributed Map. Source: "Map state context object data", developer guide.
fn source_of(flow: &Flow, state: &State) -> Option<ArcStr> {
    match (&flow.phase, &state.kind) {
        (Phase::MapRun(run), Kind::Map(map)) => {
            let reader =
                map.distributed.as_ref().and_then(|distributed| distributed.reader.as_ref());
            Some(run.source.uri(reader.is_some_and(|reader| reader.format.is_none())))
        }
        _ => None,
    }
}

/// `$$.Map`
fn map_of(index: usize, value: &Data, source: Option<ArcStr>) -> Data {
    let mut item = vec![
        (str_literal!("Index"), i64::try_from(index).unwrap_or(i64::MAX).into()),
        (str_literal!("Value"), value.clone()),
    ];
    item.extend(source.map(|source| (str_literal!("Source"), source.into())));
    Data::object(vec![(str_literal!("Item"), Data::object(item))])
}

/// The context object that somebody has given for a test, with the item of a Map state if there is one.
fn given_context(given: &Data, item: Option<(usize, &Data)>) -> Data {
    let Some((index, value)) = item else { return given.clone() };
    let mut context = given.members().unwrap_or_default();
    context.retain(|(name, _)| name != "Map");
    context.push((str_literal!("Map"), map_of(index, value, None)));
    Data::object(context)
}

/// The item of the innermost iteration that `flow` is part of. An execution of a Map Run sees none of
/// what is around it: its item is its input.
fn current_item<'a>(progress: &'a Progress, flow: &'a Flow) -> Option<(usize, &'a Data)> {
    let mut flow = flow;
    loop {
        let (parent, index) = flow.parent?;
        if progress.flow(parent).within != flow.within {
            return None;
        }
        if let Some(item) = &flow.item {
            return Some((index, item));
        }
        flow = progress.flow(parent);
    }
}
