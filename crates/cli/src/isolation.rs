//! How functions are kept apart: what was asked for, and what this machine can do.

use faastlane_host::keys;
use faastlane_lanes::Isolation;
use faastlane_project::settings;

use crate::Error;
use crate::args::IsolationArg;

impl From<settings::Isolation> for IsolationArg {
    fn from(setting: settings::Isolation) -> Self {
        match setting {
            settings::Isolation::Auto => Self::Auto,
            settings::Isolation::Mpk => Self::Mpk,
            settings::Isolation::Process => Self::Process,
            settings::Isolation::None => Self::None,
        }
    }
}

/// What was typed, else what the project says, else whatever is best here.
pub(crate) fn choose(
    typed: Option<IsolationArg>,
    of_project: Option<settings::Isolation>,
) -> Result<Isolation, Error> {
    match typed.or(of_project.map(Into::into)).unwrap_or(IsolationArg::Auto) {
        IsolationArg::Auto => Ok(best()),
        IsolationArg::Mpk => match keys::available() {
            Ok(()) => Ok(Isolation::Mpk),
            Err(why) => Err(Error::Invalid(format!(
                "isolation mpk is not possible here: {why}; use `--isolation process`, or `auto`, \
                 which takes keys where there are any"
            ))),
        },
        IsolationArg::Process => Ok(Isolation::Process),
        IsolationArg::None => Ok(Isolation::None),
    }
}

/// What `auto` means on this machine.
pub(crate) fn best() -> Isolation {
    if keys::available().is_ok() { Isolation::Mpk } else { Isolation::Process }
}

/// Its name, as it is typed.
pub(crate) fn name(isolation: Isolation) -> &'static str {
    match isolation {
        Isolation::Mpk => "mpk",
        Isolation::Process => "process",
        Isolation::None => "none",
    }
}
