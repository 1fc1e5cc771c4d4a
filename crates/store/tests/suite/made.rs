//! What tests put into a store.

use std::sync::Arc;

use faastlane_store::{
    Change, Created, Ended, Kind, Machine, NewMachine, Settings, Started, Status, Store,
};

/// ARN of the state machine of a name.
pub(crate) fn machine_arn(name: &str) -> String {
    format!("arn:aws:states:us-east-1:123456789012:stateMachine:{name}")
}

/// ARN of the execution of a name of the machine `M`.
pub(crate) fn arn(name: &str) -> Arc<str> {
    format!("arn:aws:states:us-east-1:123456789012:execution:M:{name}").into()
}

/// A state machine to be made at the time 1,000.
pub(crate) fn new_machine(name: &str) -> NewMachine {
    NewMachine {
        arn: machine_arn(name),
        name: name.to_owned(),
        kind: Kind::Standard,
        settings: Settings {
            definition: "{}".to_owned(),
            role_arn: "arn:aws:iam::123456789012:role/r".to_owned(),
            ..Settings::default()
        },
        revision_id: "first".to_owned(),
        created: 1_000,
        tags: Vec::new(),
    }
}

/// Makes it.
pub(crate) fn machine(store: &Store, name: &str) -> Machine {
    match store.create_machine(&new_machine(name)).unwrap() {
        Created::New(machine) | Created::Existing(machine) => machine,
    }
}

/// The beginning of an execution.
pub(crate) fn started(revision: i64, name: &str) -> Started {
    Started {
        arn: arn(name),
        revision,
        name: name.to_owned(),
        at: 2_000,
        version_arn: None,
        alias_arn: None,
        trace_header: None,
        parent: None,
        input: format!("{{\"name\":\"{name}\"}}"),
        bytes: format!("start of {name}").into_bytes(),
    }
}

/// As a change.
pub(crate) fn start(revision: i64, name: &str) -> Change {
    Change::Started(Box::new(started(revision, name)))
}

/// The end of an execution at a time, with an output or an error.
pub(crate) fn end(name: &str, status: Status, at: i64) -> Change {
    let succeeded = status == Status::Succeeded;
    Change::Ended(Box::new(Ended {
        arn: arn(name),
        status,
        at,
        output: succeeded.then(|| "[1]".to_owned()),
        error: (!succeeded).then(|| "E".to_owned()),
        cause: (!succeeded).then(|| "because".to_owned()),
    }))
}

/// Something that the engine of an execution was told.
pub(crate) fn told(name: &str, what: &str) -> Change {
    Change::Told { execution: arn(name), bytes: what.as_bytes().to_vec() }
}

/// Events of a history.
pub(crate) fn recorded(name: &str, first: u64, last: u64) -> Change {
    let ids: Vec<u64> = (first..=last).collect();
    Change::Recorded { execution: arn(name), first, last, events: format!("{ids:?}") }
}
