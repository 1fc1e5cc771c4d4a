//! What an ARN of a state machine means: the machine itself, a version, or an alias, which chooses a version.

use std::sync::Arc;

use faastlane_store::{Kind, MachineStatus, Revision, Store};

use crate::executions::Refused;
use crate::machines::Runnable;

/// What is run, and how it was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resolved {
    /// What is run.
    pub(crate) machine: Runnable,
    /// The version, if one was named or chosen.
    pub(crate) version_arn: Option<String>,
    /// The alias, if one was named.
    pub(crate) alias_arn: Option<String>,
}

/// The machine that an ARN means: `…:stateMachine:NAME`, `…:NAME:VERSION` or `…:NAME:ALIAS`.
///
/// # Errors
/// [`Refused::MachineDoesNotExist`], [`Refused::MachineDeleting`], [`Refused::Unusable`] if the store cannot be read.
pub(crate) fn machine(store: &Store, arn: &str) -> Result<Resolved, Refused> {
    let (machine_arn, qualifier) = split(arn).ok_or(Refused::MachineDoesNotExist)?;
    let machine = store.machine(machine_arn).map_err(unreadable)?;
    let machine = machine.ok_or(Refused::MachineDoesNotExist)?;
    if machine.status != MachineStatus::Active {
        return Err(Refused::MachineDeleting);
    }
    let runnable = |revision: &Revision| Runnable {
        arn: machine.arn.clone(),
        name: machine.name.clone(),
        revision: revision.key,
        definition: Arc::from(revision.settings.definition.as_str()),
        role_arn: revision.settings.role_arn.clone(),
        express: machine.kind == Kind::Express,
    };
    let Some(qualifier) = qualifier else {
        let machine = runnable(&machine.revision);
        return Ok(Resolved { machine, version_arn: None, alias_arn: None });
    };
    let (number, alias_arn) = match qualifier.parse::<i64>() {
        Ok(number) => (number, None),
        Err(_) => {
            let alias = store.alias(machine_arn, qualifier).map_err(unreadable)?;
            let alias = alias.ok_or(Refused::MachineDoesNotExist)?;
            let routes = alias.routes.iter().map(|route| (route.version, route.weight));
            (chosen(routes, fastrand::u8(0..100)), Some(arn.to_owned()))
        }
    };
    let version = store.version(machine_arn, number).map_err(unreadable)?;
    let version_arn = Some(format!("{machine_arn}:{number}"));
    let version = version.ok_or(Refused::MachineDoesNotExist)?;
    let revision = store.revision(version.revision).map_err(unreadable)?;
    let revision = revision.ok_or(Refused::MachineDoesNotExist)?;
    Ok(Resolved { machine: runnable(&revision), version_arn, alias_arn })
}

/// A revision that an execution runs.
///
/// # Errors
/// It is not there, or the store cannot be read.
pub(crate) fn revision(store: &Store, machine_arn: &str, key: i64) -> Result<Runnable, String> {
    let revision = store.revision(key).map_err(|error| error.to_string())?;
    let revision = revision.ok_or("its state machine is gone")?;
    let name = machine_arn.rsplit(':').next().unwrap_or_default();
    Ok(Runnable {
        arn: machine_arn.to_owned(),
        name: name.to_owned(),
        revision: key,
        definition: Arc::from(revision.settings.definition.as_str()),
        role_arn: revision.settings.role_arn.clone(),
        express: false,
    })
}

fn unreadable(error: faastlane_store::Error) -> Refused {
    Refused::Unusable(error.to_string())
}

/// The machine's own ARN, and what stands behind it.
fn split(arn: &str) -> Option<(&str, Option<&str>)> {
    let start = arn.find(":stateMachine:")? + ":stateMachine:".len();
    match arn[start..].find(':') {
        Some(colon) => Some((&arn[..start + colon], Some(&arn[start + colon + 1..]))),
        None => Some((arn, None)),
    }
}

/// The version that a number from 0 to 99 falls on; weights are percentages that sum up to 100.
fn chosen(routes: impl Iterator<Item = (i64, u8)>, mut drawn: u8) -> i64 {
    let mut last = 0;
    for (version, weight) in routes {
        last = version;
        if drawn < weight {
            break;
        }
        drawn -= weight;
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_has_a_qualifier_or_none() {
        let check = |arn, expected| assert_eq!(split(arn), expected, "{arn}");
        check(
            "arn:aws:states:r:1:stateMachine:m",
            Some(("arn:aws:states:r:1:stateMachine:m", None)),
        );
        check(
            "arn:aws:states:r:1:stateMachine:m:PROD",
            Some(("arn:aws:states:r:1:stateMachine:m", Some("PROD"))),
        );
        check("m", None);
    }

    #[test]
    fn weights_are_percentages() {
        let count = |version| {
            (0..100)
                .filter(|drawn| chosen([(1, 10), (2, 90)].into_iter(), *drawn) == version)
                .count()
        };
        assert_eq!((count(1), count(2)), (10, 90));
        assert_eq!(chosen([(3, 100)].into_iter(), 99), 3);
    }
}
