//! Where functions run and how they are kept apart: what was asked for, and what this machine can do.
//!
//! `--lanes` and `--isolation` are two questions, but not all answers go together: functions that have
//! processes of their own need nothing else to keep them apart, and thread lanes share one process.
//! What makes no sense is refused, not bent, so that nobody measures something else than was asked for.

use clap::ValueEnum;
use faastlane_host::keys;
use faastlane_lanes::{Isolation, Options};
use faastlane_project::settings;

use crate::args::{IsolationArg, LanesArg, PlacementArgs};
use crate::{Error, processes};

/// Lanes and isolation that go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Placing {
    pub(crate) lanes: LanesArg,
    pub(crate) isolation: Isolation,
}

impl Placing {
    /// What was typed, else what the project says, else whatever is best here.
    pub(crate) fn choose(
        typed: PlacementArgs,
        of_project: Option<settings::Isolation>,
    ) -> Result<Self, Error> {
        let PlacementArgs { isolation, lanes } = typed;
        let asked = isolation.or(of_project.map(Into::into)).unwrap_or(IsolationArg::Auto);
        if !go_together(lanes, asked) {
            return Err(Error::Invalid(refusal(lanes, asked)));
        }
        let isolation = match asked {
            IsolationArg::Auto => of_lanes(lanes)?,
            IsolationArg::Mpk => with_keys(
                "isolation mpk is",
                "use `--isolation process`, or `auto`, which takes keys where there are any",
            )?,
            IsolationArg::Process => Isolation::Process,
            IsolationArg::None => Isolation::None,
        };
        Ok(Self { lanes, isolation })
    }

    /// Options of a pool of lanes that are placed so.
    pub(crate) fn options(self) -> Options {
        Options {
            isolation: self.isolation,
            host_program: (self.lanes != LanesArg::Portable).then(processes::lane_host),
            one_at_a_time: self.lanes == LanesArg::Threads,
            ..Options::default()
        }
    }
}

/// The table of `docs/running.md`.
fn go_together(lanes: LanesArg, isolation: IsolationArg) -> bool {
    use IsolationArg::{Auto, Process};
    match lanes {
        LanesArg::Auto => true,
        LanesArg::Threads => isolation != Process,
        LanesArg::Processes | LanesArg::Portable => matches!(isolation, Auto | Process),
    }
}

fn refusal(lanes: LanesArg, isolation: IsolationArg) -> String {
    let (lanes_name, isolation_name) = (typed(lanes), typed(isolation));
    let (why, instead) = match lanes {
        LanesArg::Threads => ("thread lanes share one process", "`--isolation mpk` or `none`"),
        _ => ("each function has a process of its own", "`--isolation process`"),
    };
    format!(
        "--lanes {lanes_name} and isolation {isolation_name} do not go together: {why}; use {instead}, \
         or other lanes"
    )
}

/// What `auto` means for these lanes.
fn of_lanes(lanes: LanesArg) -> Result<Isolation, Error> {
    match lanes {
        LanesArg::Auto => Ok(best()),
        LanesArg::Threads => with_keys(
            "thread lanes that are kept apart are",
            "use `--isolation none` if you trust all functions, or other lanes",
        ),
        LanesArg::Processes | LanesArg::Portable => Ok(Isolation::Process),
    }
}

/// Keys, or an error that says what is not possible without them, and what to do.
fn with_keys(what: &str, advice: &str) -> Result<Isolation, Error> {
    let refused = |why| Error::Invalid(format!("{what} not possible here: {why}; {advice}"));
    keys::available().map(|()| Isolation::Mpk).map_err(refused)
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

/// An argument's value, as it is typed.
pub(crate) fn typed(value: impl ValueEnum) -> String {
    value.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(lanes: LanesArg, isolation: IsolationArg) -> Result<Placing, String> {
        let typed = PlacementArgs { isolation: Some(isolation), lanes };
        Placing::choose(typed, None).map_err(|error| error.to_string())
    }

    #[test]
    fn what_goes_together() {
        let legal = LanesArg::value_variants().iter().map(|lanes| {
            let isolations = IsolationArg::value_variants().iter();
            isolations
                .filter(|isolation| go_together(*lanes, **isolation))
                .map(|i| typed(*i))
                .collect()
        });
        let expected: Vec<Vec<String>> =
            ["auto mpk process none", "auto mpk none", "auto process", "auto process"]
                .map(|row| row.split(' ').map(str::to_owned).collect())
                .into();
        assert_eq!(legal.collect::<Vec<Vec<String>>>(), expected);
    }

    #[test]
    fn what_each_pair_means() {
        let check = |lanes, isolation, expected| {
            assert_eq!(choose(lanes, isolation), Ok(Placing { lanes, isolation: expected }));
        };
        check(LanesArg::Auto, IsolationArg::Auto, best());
        check(LanesArg::Auto, IsolationArg::None, Isolation::None);
        check(LanesArg::Threads, IsolationArg::None, Isolation::None);
        check(LanesArg::Processes, IsolationArg::Auto, Isolation::Process);
        check(LanesArg::Portable, IsolationArg::Process, Isolation::Process);
        assert_eq!(
            choose(LanesArg::Threads, IsolationArg::Auto).is_ok(),
            keys::available().is_ok()
        );
    }

    #[test]
    fn refusals_say_what_to_do() {
        assert_eq!(
            choose(LanesArg::Threads, IsolationArg::Process).unwrap_err(),
            "--lanes threads and isolation process do not go together: thread lanes share one process; \
             use `--isolation mpk` or `none`, or other lanes"
        );
        assert_eq!(
            choose(LanesArg::Processes, IsolationArg::Mpk).unwrap_err(),
            "--lanes processes and isolation mpk do not go together: each function has a process of its \
             own; use `--isolation process`, or other lanes"
        );
    }
}
