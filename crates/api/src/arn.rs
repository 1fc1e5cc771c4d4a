//! ARNs of Step Functions: what they name.
//!
//! Forms: "ARN formats" of the developer guide, and those that answers of AWS were seen to have. Of the
//! complaints about an ARN two are known (a wrong beginning, a resource of another type); the rest quote
//! the ARN.

use std::fmt;

use crate::Error;
use crate::error::Reason;
use crate::name::check_name;

/// An ARN whose service is `states`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arn<'a> {
    /// As it was given.
    pub text: &'a str,
    /// Whose it is and where.
    pub place: Place<'a>,
    /// What it names.
    pub resource: Resource<'a>,
}

/// Partition, region and account: what ARNs of one owner in one region have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// `aws`, `aws-cn` or `aws-us-gov`
    pub partition: &'a str,
    /// `us-east-1`
    pub region: &'a str,
    /// Twelve digits.
    pub account: &'a str,
}

/// What an ARN names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource<'a> {
    /// A state machine, or one of its versions and aliases.
    StateMachine {
        /// The machine's name.
        name: &'a str,
        /// The label of a distributed Map inside of it, which is meant instead.
        label: Option<&'a str>,
        /// The version or alias that is meant.
        qualifier: Option<Qualifier<'a>>,
    },
    /// A Standard execution.
    Execution {
        /// The machine's name, with `/LABEL` if a map run has started it.
        machine: &'a str,
        /// Its own name.
        name: &'a str,
    },
    /// An Express execution.
    Express {
        /// The machine's name, with `/LABEL` if a map run has started it.
        machine: &'a str,
        /// Its own name.
        name: &'a str,
        /// What tells it from others of that name.
        id: &'a str,
    },
    /// A run of a distributed Map.
    MapRun {
        /// The machine's name and the Map's label, `Machine/Label`.
        machine: &'a str,
        /// Its UUID.
        id: &'a str,
    },
    /// An activity.
    Activity {
        /// Its name.
        name: &'a str,
    },
}

/// What stands after the name of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Qualifier<'a> {
    /// A version: 1 or more.
    Version(i64),
    /// An alias.
    Alias(&'a str),
}

impl<'a> Arn<'a> {
    /// Reads an ARN.
    ///
    /// # Errors
    /// `InvalidArn`
    pub fn parse(text: &'a str) -> Result<Self, Error> {
        if !text.starts_with("arn:") {
            return Err(Error::invalid_arn(&format!("Invalid ARN prefix: {text}")));
        }
        let parts: Vec<&str> = text.splitn(7, ':').collect();
        let [_, partition, "states", region, account, kind, rest] = parts[..] else {
            return Err(Error::invalid_arn(text));
        };
        let word = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        let digits = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
        if !partition.starts_with("aws") || !word(partition) || !word(region) || !digits {
            return Err(Error::invalid_arn(text));
        }
        let resource = Resource::parse(kind, rest).ok_or_else(|| Error::invalid_arn(text))?;
        Ok(Self { text, place: Place { partition, region, account }, resource })
    }

    /// Reads the ARN of a machine, version or alias.
    ///
    /// # Errors
    /// `InvalidArn`, and `ValidationException` for that of a Map inside of a machine.
    pub fn machine(text: &'a str) -> Result<Self, Error> {
        let arn = Self::parse(text)?;
        match arn.resource {
            Resource::StateMachine { label: None, .. } => Ok(arn),
            // The API's own words are not known.
            Resource::StateMachine { .. } => Err(Error::validation(
                Some(Reason::LabeledArn),
                format!("This operation does not take the ARN of a Map state: '{text}'"),
            )),
            _ => Err(arn.not_here()),
        }
    }

    /// Reads the ARN of a Standard execution.
    ///
    /// # Errors
    /// `InvalidArn`
    pub fn execution(text: &'a str) -> Result<Self, Error> {
        let arn = Self::parse(text)?;
        match arn.resource {
            Resource::Execution { .. } => Ok(arn),
            _ => Err(arn.not_here()),
        }
    }

    /// Reads the ARN of an activity.
    ///
    /// # Errors
    /// `InvalidArn`
    pub fn activity(text: &'a str) -> Result<Self, Error> {
        let arn = Self::parse(text)?;
        match arn.resource {
            Resource::Activity { .. } => Ok(arn),
            _ => Err(arn.not_here()),
        }
    }

    /// Reads the ARN of a map run.
    ///
    /// # Errors
    /// `InvalidArn`
    pub fn map_run(text: &'a str) -> Result<Self, Error> {
        let arn = Self::parse(text)?;
        match arn.resource {
            Resource::MapRun { .. } => Ok(arn),
            _ => Err(arn.not_here()),
        }
    }

    /// The version or alias of a machine that is meant.
    #[must_use]
    pub fn qualifier(&self) -> Option<Qualifier<'a>> {
        match self.resource {
            Resource::StateMachine { qualifier, .. } => qualifier,
            _ => None,
        }
    }

    /// The ARN without a version or alias.
    #[must_use]
    pub fn unqualified(&self) -> &'a str {
        match self.qualifier() {
            Some(_) => self.text.rsplit_once(':').map_or(self.text, |(machine, _)| machine),
            None => self.text,
        }
    }

    fn not_here(&self) -> Error {
        let kind = self.resource.kind();
        Error::invalid_arn(&format!("Resource type not valid in this context: {kind}"))
    }
}

impl<'a> Resource<'a> {
    fn parse(kind: &str, rest: &'a str) -> Option<Self> {
        let parts: Vec<&str> = rest.split(':').collect();
        Some(match (kind, &parts[..]) {
            ("stateMachine", [machine, qualifier @ ..]) => {
                let (name, label) = match machine.split_once('/') {
                    Some((name, label)) => (name, Some(label)),
                    None => (*machine, None),
                };
                let qualifier = match qualifier {
                    [] => None,
                    [qualifier] => Some(Qualifier::parse(qualifier)?),
                    _ => return None,
                };
                std::iter::once(name).chain(label).try_for_each(check_name).ok()?;
                Self::StateMachine { name, label, qualifier }
            }
            ("execution", [machine, name]) => {
                Self::Execution { machine: of(machine)?, name: named(name)? }
            }
            ("express", [machine, name, id]) => {
                Self::Express { machine: of(machine)?, name: named(name)?, id: named(id)? }
            }
            ("mapRun", [machine, id]) if machine.contains('/') => {
                Self::MapRun { machine: of(machine)?, id: named(id)? }
            }
            ("activity", [name]) => Self::Activity { name: named(name)? },
            _ => return None,
        })
    }

    /// The word that stands for its type in ARNs.
    fn kind(&self) -> &'static str {
        match self {
            Self::StateMachine { .. } => "stateMachine",
            Self::Execution { .. } => "execution",
            Self::Express { .. } => "express",
            Self::MapRun { .. } => "mapRun",
            Self::Activity { .. } => "activity",
        }
    }
}

fn named(name: &str) -> Option<&str> {
    check_name(name).is_ok().then_some(name)
}

/// A machine's name, perhaps with a label.
fn of(machine: &str) -> Option<&str> {
    let mut names = machine.splitn(2, '/');
    names.all(|name| check_name(name).is_ok()).then_some(machine)
}

impl<'a> Qualifier<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
            let number = text.parse().ok().filter(|number| *number > 0 && !text.starts_with('0'));
            return number.map(Self::Version);
        }
        is_alias_name(text).then_some(Self::Alias(text))
    }
}

/// Whether an alias can have this name: letters, digits, `_`, `-` and `.`, not digits alone.
pub(crate) fn is_alias_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_-.".contains(&b);
    name.bytes().all(allowed) && name.bytes().any(|b| !b.is_ascii_digit())
}

impl Place<'_> {
    /// The ARN of a machine.
    #[must_use]
    pub fn machine(&self, name: &str) -> String {
        format!("{self}:stateMachine:{name}")
    }

    /// The ARN of an activity.
    #[must_use]
    pub fn activity(&self, name: &str) -> String {
        format!("{self}:activity:{name}")
    }

    /// The ARN of a Standard execution.
    #[must_use]
    pub fn execution(&self, machine: &str, name: &str) -> String {
        format!("{self}:execution:{machine}:{name}")
    }

    /// The ARN of an Express execution.
    #[must_use]
    pub fn express(&self, machine: &str, name: &str, id: &str) -> String {
        format!("{self}:express:{machine}:{name}:{id}")
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "arn:{}:states:{}:{}", self.partition, self.region, self.account)
    }
}

#[cfg(test)]
mod tests;
