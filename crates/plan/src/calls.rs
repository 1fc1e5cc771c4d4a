//! How each function is called: alone, beside others, or under a timer.

use faastlane_asl::{Kind, Seconds, StateId, Task};

use crate::plan::{FanOut, FanOutKind, Runs};
use crate::survey::{Fan, Surveyor, UNKNOWN};

/// What must be known about a function to place it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// The version of its Python, to be shown.
    pub python: Option<String>,
    /// How long a call of it may take, in whole seconds, rounded up.
    pub timeout_seconds: u64,
    /// Why it cannot share a process with other functions, if loading it has shown that.
    pub own_process: Option<String>,
    /// Why it can only run in a process of its own Python.
    pub portable: Option<String>,
}

/// How a function is called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Calls {
    /// With nothing beside it.
    pub(crate) alone: bool,
    /// With nothing beside it but a timer that may ring before the function's timeout.
    pub(crate) timed: bool,
    /// With something beside it.
    pub(crate) beside: bool,
}

/// A fan-out, before lanes are chosen.
pub(crate) struct Found {
    /// With all that does not depend on lanes.
    pub(crate) fan_out: FanOut,
    /// Its functions, as indices, and how many calls of each may be under way in all instances of it.
    pub(crate) functions: Vec<(usize, usize)>,
    /// How many calls may be under way in all instances of it.
    pub(crate) calls: usize,
    /// The most calls that one branch or item may have under way.
    pub(crate) of_one: usize,
    /// Whether no other state that fans out is around it.
    pub(crate) is_outermost: bool,
}

/// Walks a machine from its start.
pub(crate) struct Walk<'a> {
    surveyor: Surveyor<'a>,
    functions: &'a [Function],
    pub(crate) calls: Vec<Calls>,
    pub(crate) found: Vec<Found>,
    /// Whether a function is called that nobody waits for: what comes after it runs beside it.
    is_detached: bool,
}

/// Where a flow runs.
struct Around<'a> {
    /// The names of the states around it.
    names: &'a str,
    /// How many instances of it may be under way.
    times: usize,
    /// Whether something may run beside it.
    beside: bool,
}

impl<'a> Walk<'a> {
    pub(crate) fn through(surveyor: Surveyor<'a>, functions: &'a [Function]) -> Self {
        let calls = vec![Calls::default(); functions.len()];
        let start = surveyor.machine.start_at;
        let mut walk = Self { surveyor, functions, calls, found: Vec::new(), is_detached: false };
        walk.flow(start, &Around { names: "", times: 1, beside: false });
        if walk.is_detached {
            for calls in &mut walk.calls {
                calls.beside |= calls.alone || calls.timed;
            }
        }
        walk
    }

    fn flow(&mut self, start: StateId, around: &Around<'_>) {
        for id in self.surveyor.reachable(start) {
            let state = self.surveyor.machine.state(StateId(id));
            if let Kind::Task(task) = &state.kind {
                self.task(task, around);
            } else if let Some(fan) = self.surveyor.fan(&state.kind) {
                let name = format!("{}{}", around.names, state.name);
                let kind = match state.kind {
                    Kind::Map(_) => FanOutKind::Map,
                    _ => FanOutKind::Parallel,
                };
                self.fan(&name, kind, fan, around);
            }
        }
    }

    fn task(&mut self, task: &Task, around: &Around<'_>) {
        self.is_detached |= task.detached;
        let of_machine = self.surveyor.machine.timeout_seconds;
        for function in self.surveyor.callees(task) {
            let own = self.functions[function].timeout_seconds;
            let is_sooner = |timer: &Option<Seconds>| match timer {
                Some(Seconds::Fixed(seconds)) => *seconds <= own,
                Some(Seconds::Path(_) | Seconds::Jsonata(_)) => true,
                None => false,
            };
            let is_timed = is_sooner(&task.timeout)
                || is_sooner(&task.heartbeat)
                || of_machine.is_some_and(|seconds| seconds <= own);
            let calls = &mut self.calls[function];
            match (around.beside || task.detached, is_timed) {
                (true, _) => calls.beside = true,
                (false, true) => calls.timed = true,
                (false, false) => calls.alone = true,
            }
        }
    }

    fn fan(&mut self, name: &str, kind: FanOutKind, fan: Fan, around: &Around<'_>) {
        let is_side_by_side = fan.active > 1;
        let of_all =
            |(function, calls): (&usize, &usize)| (*function, calls.saturating_mul(around.times));
        let functions: Vec<(usize, usize)> = fan.all.functions.iter().map(of_all).collect();
        let name_of = |(function, _): &(usize, usize)| self.functions[*function].name.clone();
        let known = |count: usize| (count != UNKNOWN).then_some(count);
        self.found.push(Found {
            fan_out: FanOut {
                state: name.to_owned(),
                kind,
                width: known(fan.width),
                at_once: known(fan.at_once),
                functions: functions.iter().map(name_of).collect(),
                runs: if is_side_by_side { Runs::SideBySide } else { Runs::OneAfterAnother },
                hosts: None,
                hosts_most: None,
                containers: 1,
                groups: Vec::new(),
            },
            functions,
            calls: around.times.saturating_mul(fan.all.demand),
            of_one: fan.of_one,
            is_outermost: around.names.is_empty(),
        });
        let inside = Around {
            names: &format!("{name} / "),
            times: match kind {
                FanOutKind::Map => around.times.saturating_mul(fan.at_once),
                FanOutKind::Parallel => around.times,
            },
            beside: around.beside || is_side_by_side,
        };
        for flow in fan.flows {
            self.flow(flow, &inside);
        }
    }
}
