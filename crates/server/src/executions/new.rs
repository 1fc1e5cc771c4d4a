//! An execution that is about to begin.

use std::sync::Arc;

use faastlane_container::Ids;
use faastlane_engine::{Mocks, Start as Begin};
use faastlane_value::{ArcStr, json};
use tokio::sync::oneshot;

use super::Refused;
use super::handle::{Start, Started, SyncOutcome};
use super::live::Parent;
use crate::Settings;
use crate::machines::Known;

/// An execution with all that it begins with.
#[derive(Debug)]
pub(super) struct New {
    pub(super) known: Arc<Known>,
    pub(super) begin: Begin,
    /// Its input as it was given.
    pub(super) input: String,
    pub(super) mocks: Mocks,
    pub(super) version_arn: Option<String>,
    pub(super) alias_arn: Option<String>,
    pub(super) trace_header: Option<String>,
    /// Whether the caller chose its name: then it may exist already.
    pub(super) is_named: bool,
    pub(super) parent: Option<Parent>,
    /// Who waits for its beginning.
    pub(super) reply: Option<oneshot::Sender<Result<Started, Refused>>>,
    /// Who waits for its end.
    pub(super) on_end: Option<oneshot::Sender<SyncOutcome>>,
}

impl New {
    pub(super) fn make(
        known: Arc<Known>,
        start: Start,
        settings: &Settings,
    ) -> Result<Self, Refused> {
        let input = json::parse(start.input.as_bytes());
        let input = input.map_err(|error| Refused::NotJson(error.to_string()))?;
        let mocks = settings.mocks(&known, start.test_case.as_deref())?;
        let mut ids = Ids::random();
        let is_named = start.name.is_some();
        let name: ArcStr = start.name.unwrap_or_else(|| ids.uuid()).into();
        let begin = Begin {
            execution_arn: execution_arn(
                &start.machine.arn,
                &name,
                start.machine.express,
                &mut ids,
            ),
            execution_name: name,
            machine_arn: start.machine.arn.as_str().into(),
            machine_name: start.machine.name.as_str().into(),
            role_arn: start.machine.role_arn.as_str().into(),
            input,
            seed: ids.seed(),
            limits: settings.limits,
        };
        Ok(Self {
            known,
            begin,
            input: start.input,
            mocks,
            version_arn: start.version_arn,
            alias_arn: start.alias_arn,
            trace_header: start.trace_header,
            is_named,
            parent: None,
            reply: None,
            on_end: None,
        })
    }
}

/// The ARN of an execution: `…:execution:MACHINE:NAME`, of an Express one `…:express:MACHINE:NAME:UUID`.
fn execution_arn(machine_arn: &str, name: &str, express: bool, ids: &mut Ids) -> ArcStr {
    if express {
        let machine = machine_arn.replacen(":stateMachine:", ":express:", 1);
        format!("{machine}:{name}:{}", ids.uuid()).into()
    } else {
        let machine = machine_arn.replacen(":stateMachine:", ":execution:", 1);
        format!("{machine}:{name}").into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_have_the_form_of_their_kind() {
        let machine = "arn:aws:states:eu-west-1:123456789012:stateMachine:stateMachine";
        let mut ids = Ids::seeded(1);
        assert_eq!(
            execution_arn(machine, "n", false, &mut ids),
            "arn:aws:states:eu-west-1:123456789012:execution:stateMachine:n"
        );
        let express = execution_arn(machine, "n", true, &mut ids);
        let uuid =
            express.strip_prefix("arn:aws:states:eu-west-1:123456789012:express:stateMachine:n:");
        assert_eq!(uuid.map(str::len), Some(36));
    }
}
