//! From a state machine to a plan.

use faastlane_asl::StateMachine;

use crate::calls::{Calls, Found, Function, Walk};
use crate::plan::{
    Choice, FanOut, FunctionPlan, Isolation, Lane, Lanes, Plan, Process, ProcessKind, Runs, Start,
    VERSION, Why,
};
use crate::profile::Profile;
use crate::survey::{Surveyor, UNKNOWN};

/// What is wanted of a plan.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Which lanes.
    pub lanes: Lanes,
    /// What keeps functions apart; thread lanes only go with [`Isolation::Mpk`] and
    /// [`Isolation::None`].
    pub isolation: Isolation,
    /// The number of items of every Map, which no definition says; none leaves it open.
    pub width: Option<usize>,
    /// How many lanes fit into one process.
    pub most_lanes: usize,
    /// How many workers one container holds, if memory lasts.
    pub most_hosts: usize,
}

/// Composes the plan of a machine. `name_of` gives the index of the function that a reference of the
/// machine means.
#[must_use]
pub fn compose(
    machine: &StateMachine,
    functions: &[Function],
    name_of: &dyn Fn(&str) -> Option<usize>,
    profile: &Profile,
    wanted: Wanted,
) -> Plan {
    let named = machine.functions.iter().map(|function| name_of(&function.reference)).collect();
    let surveyor = Surveyor { machine, named, count: functions.len(), width: wanted.width };
    let Walk { calls, found, .. } = Walk::through(surveyor, functions);
    let mut room = wanted.most_lanes;
    let placed: Vec<_> = functions
        .iter()
        .zip(&calls)
        .map(|(function, calls)| wanted.place(function, *calls, &mut room))
        .collect();
    let processes = wanted.processes(functions, &placed);
    let fan_outs = found.into_iter().map(|found| wanted.fan_out(found, &placed, profile)).collect();
    Plan {
        version: VERSION,
        lanes: wanted.lanes,
        isolation: wanted.isolation,
        vcpus: profile.vcpus.max(1),
        functions: placed,
        processes,
        fan_outs,
    }
}

impl Wanted {
    /// Chooses the lanes of a function. `room` is what the container's process has left.
    fn place(&self, function: &Function, calls: Calls, room: &mut usize) -> FunctionPlan {
        let has_calls = calls.alone || calls.timed || calls.beside;
        let fixed = self.fixed(function);
        let wants_thread = fixed.is_none() && (calls.alone || calls.beside && self.is_threads());
        let has_room = *room > 0;
        if wants_thread && has_room {
            *room -= 1;
        }
        let thread = || match (has_room, self.is_threads()) {
            (false, _) => Choice { lane: Lane::Forked, why: Why::Full },
            (true, true) => Choice { lane: Lane::Thread, why: Why::Asked },
            (true, false) => Choice { lane: Lane::Thread, why: Why::OneAfterAnother },
        };
        let forked = |why| Choice { lane: Lane::Forked, why };
        let (alone, beside) = match (fixed, self.is_threads()) {
            (Some(choice), _) => {
                let beside = match choice.why {
                    Why::OwnProcess => forked(Why::SideBySide),
                    _ => choice.clone(),
                };
                ((calls.alone || calls.timed).then_some(choice), calls.beside.then_some(beside))
            }
            (None, is_threads) => {
                let side = || if is_threads { thread() } else { forked(Why::SideBySide) };
                let timed = calls.timed.then(|| forked(Why::Timer));
                let beside = calls.beside.then(side);
                match calls.alone {
                    true => (Some(thread()), beside.or(timed)),
                    false => (timed, beside),
                }
            }
        };
        debug_assert_eq!(has_calls, alone.is_some() || beside.is_some());
        let (name, python) = (function.name.clone(), function.python.clone());
        FunctionPlan { name, python, alone, beside }
    }

    /// The lane of a function that has no choice.
    fn fixed(&self, function: &Function) -> Option<Choice> {
        let choice = |lane, why| Some(Choice { lane, why });
        let Function { own_process, portable, .. } = function;
        match (self.lanes, self.isolation, portable, own_process) {
            (Lanes::Portable, ..) => choice(Lane::Portable, Why::Asked),
            (_, _, Some(why), _) => choice(Lane::Portable, Why::Unfit(why.clone())),
            (Lanes::Processes, ..) => choice(Lane::Forked, Why::Asked),
            (_, Isolation::Process, ..) => choice(Lane::Forked, Why::OwnProcess),
            (.., Some(why)) => choice(Lane::Forked, Why::Unfit(why.clone())),
            _ => None,
        }
    }

    fn is_threads(&self) -> bool {
        self.lanes == Lanes::Threads
    }

    /// The container's process, the templates and the Pythons.
    fn processes(&self, functions: &[Function], placed: &[FunctionPlan]) -> Vec<Process> {
        let names = |fits: &dyn Fn(&FunctionPlan) -> bool| -> Vec<String> {
            placed.iter().filter(|one| fits(one)).map(|one| one.name.clone()).collect()
        };
        let process = |kind, functions: &[String], starts| Process {
            kind,
            functions: functions.to_vec(),
            starts,
        };
        let inline = names(&|one| one.uses(Lane::Thread));
        let is_alone = |one: &FunctionPlan| {
            let function = functions.iter().find(|function| function.name == one.name);
            self.isolation == Isolation::Process
                || function.is_some_and(|function| function.own_process.is_some())
        };
        let mut processes = vec![process(ProcessKind::Container, &inline, Start::AtOnce)];
        let most = self.most_lanes.max(1);
        let template = |names: &[String], starts| process(ProcessKind::Template, names, starts);
        let hosts = names(&|one| one.uses(Lane::Forked) && !is_alone(one));
        processes.extend(hosts.chunks(most).map(|names| template(names, Start::BeforeFirstCall)));
        let standby = names(&|one| one.uses(Lane::Thread) && !one.uses(Lane::Forked));
        // A container's process that is locked down starts no template.
        match self.isolation {
            Isolation::Mpk => processes.extend(
                standby
                    .chunks(1)
                    .map(|name| process(ProcessKind::Portable, name, Start::IfLaneIsLost)),
            ),
            _ => processes
                .extend(standby.chunks(most).map(|names| template(names, Start::IfLaneIsLost))),
        }
        let own = names(&|one| one.uses(Lane::Forked) && is_alone(one));
        let portable = names(&|one| one.uses(Lane::Portable));
        for (kind, names) in [(ProcessKind::Template, own), (ProcessKind::Portable, portable)] {
            let each = names.chunks(1).map(|name| process(kind, name, Start::WithFirstCall));
            processes.extend(each);
        }
        processes
    }

    /// Says how many workers and containers a fan-out gets.
    fn fan_out(&self, found: Found, placed: &[FunctionPlan], profile: &Profile) -> FanOut {
        let Found { mut fan_out, functions, calls, of_one, is_outermost } = found;
        let on_thread = |(function, _): &(usize, usize)| {
            let beside = &placed[*function].beside;
            beside.as_ref().is_some_and(|choice| choice.lane == Lane::Thread)
        };
        if functions.iter().all(on_thread) && !functions.is_empty() {
            fan_out.runs = Runs::OneAfterAnother;
        }
        if functions.is_empty() || fan_out.runs == Runs::OneAfterAnother {
            return fan_out;
        }
        let capacity = profile.hosts(self.most_hosts).max(1);
        let early = functions.iter().map(|(_, calls)| *calls.min(&profile.vcpus.max(1)));
        fan_out.hosts = Some(early.sum::<usize>().min(calls).min(capacity));
        fan_out.hosts_most = Some(calls.min(capacity));
        if let Some(width) = fan_out.width
            && is_outermost
            && calls > capacity
            && of_one != UNKNOWN
        {
            let fit = (capacity / of_one.max(1)).max(1);
            fan_out.containers = width.div_ceil(fit).max(1);
            if fan_out.containers > 1 {
                fan_out.groups = shares(width, fan_out.containers);
            }
        }
        fan_out
    }
}

impl FunctionPlan {
    /// Whether some of its calls run in this kind of lane.
    #[must_use]
    pub fn uses(&self, lane: Lane) -> bool {
        [&self.alone, &self.beside].into_iter().flatten().any(|choice| choice.lane == lane)
    }
}

/// `count` in as many parts, as equal as can be.
fn shares(count: usize, parts: usize) -> Vec<usize> {
    (0..parts).map(|part| count / parts + usize::from(part < count % parts)).collect()
}
