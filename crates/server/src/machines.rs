//! State machines as executions need them: read once for each revision.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use faastlane_asl::{Kind, MachineType, Resource, StateMachine};
use faastlane_container::process::{Definition, MakeSetup};
use faastlane_lanes::FunctionIndex;
use faastlane_value::ArcStr;

use crate::Workshop;
use crate::executions::Refused;

/// One revision of a state machine, as the store has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runnable {
    /// The machine's ARN, without version or alias.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The revision, as the store names it among those of all machines.
    pub revision: i64,
    /// The definition.
    pub definition: Arc<str>,
    /// `roleArn`
    pub role_arn: String,
    /// Whether it is an Express machine.
    pub express: bool,
}

/// A revision that has been read.
#[derive(Debug)]
pub(crate) struct Known {
    /// What was read.
    pub(crate) runnable: Runnable,
    /// What it says.
    pub(crate) machine: Arc<StateMachine>,
    /// Whether its executions run wholly in a container: an Express machine that only computes.
    pub(crate) in_container: bool,
    /// The names of its functions by their places, since they were made ready.
    functions: Mutex<Vec<ArcStr>>,
}

/// How many revisions are kept; more than anybody runs at a time.
const MOST: usize = 1_000;

/// Those that were read already.
#[derive(Debug, Default)]
pub(crate) struct Machines(Mutex<HashMap<i64, Arc<Known>>>);

impl Machines {
    /// The revision, read.
    ///
    /// # Errors
    /// The definition is none that this version of Faastlane can run.
    pub(crate) fn get(&self, runnable: &Runnable) -> Result<Arc<Known>, Refused> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(&runnable.revision) {
            return Ok(Arc::clone(known));
        }
        let read = Arc::new(Known::read(runnable)?);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(runnable.revision, Arc::clone(&read));
        Ok(read)
    }
}

impl Known {
    fn read(runnable: &Runnable) -> Result<Self, Refused> {
        let machine_type =
            if runnable.express { MachineType::Express } else { MachineType::Standard };
        let (machine, diagnostics) =
            faastlane_api::read_definition(&runnable.definition, machine_type);
        let Some(machine) = machine else {
            let first = diagnostics.first().map(ToString::to_string).unwrap_or_default();
            let arn = &runnable.arn;
            return Err(Refused::Unusable(format!(
                "the definition of {arn} cannot be run: {first}"
            )));
        };
        let in_container =
            runnable.express && machine.states.iter().all(|s| only_computes(&s.kind));
        Ok(Self {
            runnable: runnable.clone(),
            machine: Arc::new(machine),
            in_container,
            functions: Mutex::default(),
        })
    }

    /// The name of a function; empty if it is not known.
    pub(crate) fn function(&self, function: FunctionIndex) -> ArcStr {
        let functions = self.functions.lock().unwrap_or_else(PoisonError::into_inner);
        functions.get(function.0).cloned().unwrap_or_default()
    }

    /// What makes its functions ready when they are first called.
    pub(crate) fn maker(self: &Arc<Self>, workshop: &Arc<dyn Workshop>) -> MakeSetup {
        let (known, workshop) = (Arc::clone(self), Arc::clone(workshop));
        Box::new(move || {
            let Runnable { arn, definition, express, .. } = &known.runnable;
            let definition = Definition { text: definition.to_string(), express: *express };
            let setup = workshop.setup(arn, &known.machine, definition)?;
            let names = setup.functions.iter().map(|function| function.name.as_str().into());
            let mut functions = known.functions.lock().unwrap_or_else(PoisonError::into_inner);
            *functions = names.collect();
            Ok(setup)
        })
    }
}

/// Whether a state neither waits nor calls anything but functions. A container runs one execution after
/// the other: one that waited would keep it for nothing.
fn only_computes(kind: &Kind) -> bool {
    match kind {
        Kind::Wait(_) => false,
        Kind::Task(task) => match &task.resource {
            Resource::Function(_) => true,
            Resource::Service(service) => service.is_lambda_invoke(),
            Resource::Activity(_) => false,
        },
        Kind::Map(map) => map.distributed.is_none(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(express: bool, state: &str) -> Result<Arc<Known>, Refused> {
        let definition = format!(r#"{{"StartAt":"A","States":{{"A":{state}}}}}"#);
        Machines::default().get(&Runnable {
            arn: "arn:aws:states:us-east-1:123456789012:stateMachine:m".to_owned(),
            name: "m".to_owned(),
            revision: 1,
            definition: definition.into(),
            role_arn: String::new(),
            express,
        })
    }

    #[test]
    fn what_only_computes_runs_in_a_container() {
        let check = |express, state, expected| {
            assert_eq!(known(express, state).unwrap().in_container, expected, "{state}");
        };
        let function = r#"{"Type":"Task","Resource":"f","End":true}"#;
        check(true, function, true);
        check(false, function, false);
        check(true, r#"{"Type":"Wait","Seconds":1,"End":true}"#, false);
        let send = r#"{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Parameters":{"QueueUrl":"q","MessageBody":"m"},"End":true}"#;
        check(true, send, false);
        let invoke = r#"{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f"},"End":true}"#;
        check(true, invoke, true);
    }

    #[test]
    fn a_definition_that_cannot_be_run_is_told() {
        let refused = known(false, r#"{"Type":"X"}"#).unwrap_err().to_string();
        assert!(refused.starts_with("the definition of arn:aws:states:"), "{refused}");
    }
}
