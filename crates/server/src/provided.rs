//! State machines that projects declare, put into the store as if they had been created through the API.

use faastlane_store::{Created, Error, Kind, NewMachine, Settings, Store, Update};
use uuid::Uuid;

/// A state machine of a project. It has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provided {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Whether it is an Express machine.
    pub express: bool,
    /// Its definition after all substitutions, JSON text.
    pub definition: String,
}

/// The role that such machines have.
const ROLE: &str = "arn:aws:iam::123456789012:role/faastlane";

/// Creates these machines, or updates those that are there and differ. A machine whose type has changed is another one.
///
/// # Errors
/// The store cannot be written.
pub(crate) fn provide(store: &Store, machines: &[Provided], now: i64) -> Result<(), Error> {
    for machine in machines {
        let Provided { arn, name, express, definition } = machine;
        let kind = if *express { Kind::Express } else { Kind::Standard };
        let settings = Settings {
            definition: definition.clone(),
            role_arn: ROLE.to_owned(),
            ..Settings::default()
        };
        let new = NewMachine {
            arn: arn.clone(),
            name: name.clone(),
            kind,
            settings,
            revision_id: Uuid::new_v4().to_string(),
            created: now,
            tags: Vec::new(),
        };
        match store.create_machine(&new)? {
            Created::Existing(known) if known.kind != kind => {
                store.delete_machine(arn)?;
                store.create_machine(&new)?;
            }
            Created::Existing(_) => {
                let definition = Some(definition.clone());
                let update = Update { definition, ..Update::default() };
                store.update_machine(arn, &update, &new.revision_id, now)?;
            }
            Created::New(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_created_and_later_updated() {
        let store = Store::in_memory().unwrap();
        let mut machine = Provided {
            arn: "arn:aws:states:us-east-1:123456789012:stateMachine:m".to_owned(),
            name: "m".to_owned(),
            express: false,
            definition: "1".to_owned(),
        };
        let now_there = |machine: &Provided| {
            provide(&store, std::slice::from_ref(machine), 1).unwrap();
            let there = store.machine(&machine.arn).unwrap().unwrap();
            (there.revision.key, there.kind, there.revision.settings.definition)
        };
        let first = now_there(&machine);
        assert_eq!(now_there(&machine), first, "nothing has changed");
        machine.definition = "2".to_owned();
        let second = now_there(&machine);
        assert_eq!((second.1, second.2.as_str()), (Kind::Standard, "2"));
        assert_ne!(second.0, first.0);
        machine.express = true;
        assert_eq!(now_there(&machine).1, Kind::Express);
    }
}
