//! The plan of a run, and what it means for the lanes of the container.
//!
//! What `faastlane plan` shows and what `faastlane run` does come from the same two functions here,
//! so that a plan can be believed.

use faastlane_asl::StateMachine;
use faastlane_container::Loaded;
use faastlane_lanes as lanes;
use faastlane_plan::{Function, Isolation, Lane, Lanes, Plan, ProcessKind, Profile, Wanted};
use faastlane_project::Project;

use crate::args::LanesArg;
use crate::isolation::Placing;

/// Composes the plan of a machine. `loaded` is what came of loading each function, where that has
/// been tried; `width` the number of items of every Map, where somebody assumes one.
pub(crate) fn compose(
    project: &Project,
    machine: &StateMachine,
    functions: &[lanes::Function],
    loaded: &[Loaded],
    placing: Placing,
    profile: &Profile,
    width: Option<usize>,
) -> Plan {
    let place = |reference: &str| {
        let meant = project.function(reference)?;
        functions.iter().position(|function| function.name == meant.name)
    };
    let loaded = loaded.iter().map(Some).chain(std::iter::repeat(None));
    // What is alone is the last, so the places of the others stay; it has no place in a plan.
    let known: Vec<Function> = functions
        .iter()
        .zip(loaded)
        .filter(|(function, _)| !function.alone)
        .map(|(function, loaded)| known(function, loaded))
        .collect();
    let wanted = Wanted {
        lanes: match placing.lanes {
            LanesArg::Auto => Lanes::Auto,
            LanesArg::Threads => Lanes::Threads,
            LanesArg::Processes => Lanes::Processes,
            LanesArg::Portable => Lanes::Portable,
        },
        isolation: match placing.isolation {
            lanes::Isolation::Mpk => Isolation::Mpk,
            lanes::Isolation::Process => Isolation::Process,
            lanes::Isolation::None => Isolation::None,
        },
        width,
        most_lanes: placing.isolation.most_lanes(),
        most_hosts: lanes::Options::default().max_workers,
    };
    faastlane_plan::compose(machine, &known, &place, profile, wanted)
}

/// Options of a container that does as the plan says.
pub(crate) fn options(
    plan: &Plan,
    functions: &[lanes::Function],
    placing: Placing,
) -> lanes::Options {
    let place = |name: &String| functions.iter().position(|function| function.name == *name);
    let members = |names: &[String]| names.iter().filter_map(place).collect::<Vec<_>>();
    let mut layout = lanes::Layout::default();
    for process in &plan.processes {
        match process.kind {
            ProcessKind::Container => layout.inline = members(&process.functions),
            ProcessKind::Template => layout.groups.push(members(&process.functions)),
            ProcessKind::Portable => {}
        }
    }
    let forked = plan.functions.iter().filter(|function| function.uses(Lane::Forked));
    layout.hosts = forked.filter_map(|function| place(&function.name)).collect();
    // It is there to be called, and cannot start later where the container is locked down.
    layout.hosts.extend((0..functions.len()).filter(|place| functions[*place].alone));
    lanes::Options { vcpus: plan.vcpus, layout: Some(layout), ..placing.options() }
}

/// What is known of a function before it is called.
fn known(function: &lanes::Function, loaded: Option<&Loaded>) -> Function {
    let seconds = function.timeout.as_secs() + u64::from(function.timeout.subsec_nanos() > 0);
    let mut known = Function {
        name: function.name.clone(),
        python: function.runtime.strip_prefix("python").map(str::to_owned),
        timeout_seconds: seconds,
        own_process: None,
        portable: function.unfit().map(|reason| reason.to_string()),
    };
    if let Some(Loaded { placement, .. }) = loaded
        && let Some(reason) = &placement.reason
    {
        match placement.kind {
            lanes::LaneKind::Portable => known.portable = Some(reason.clone()),
            lanes::LaneKind::Forked => known.own_process = Some(reason.clone()),
            lanes::LaneKind::Thread => {}
        }
    }
    known
}
