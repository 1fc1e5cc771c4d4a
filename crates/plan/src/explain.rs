//! Why a plan is as it is, in sentences with the numbers of the cost model.

use crate::plan::{Choice, FanOut, FanOutKind, FunctionPlan, Lane, Plan, ProcessKind, Why};
use crate::profile::{Profile, as_f64};

impl Plan {
    /// The plan, and below it each choice with the numbers that were compared.
    #[must_use]
    pub fn explained(&self, profile: &Profile) -> String {
        let mut lines = vec![self.to_string(), String::new(), "why".to_owned()];
        for (choice, names) in self.by_choice() {
            let sentence = format!("{names}: {}; {}.", choice.lane, reason(&choice, profile));
            lines.push(format!("  {sentence}"));
        }
        lines
            .extend(self.fan_outs.iter().map(|fan| format!("  {}", self.of_fan_out(fan, profile))));
        lines.push(format!("  {}", self.of_memory(profile)));
        lines.join("\n")
    }

    /// Functions that have the same lane for the same reason.
    fn by_choice(&self) -> Vec<(Choice, String)> {
        let mut groups: Vec<(Choice, String)> = Vec::new();
        let choices = |of: fn(&FunctionPlan) -> &Option<Choice>| {
            self.functions.iter().filter_map(move |one| Some((of(one).clone()?, &one.name)))
        };
        for (choice, name) in choices(|one| &one.alone).chain(choices(|one| &one.beside)) {
            match groups.iter_mut().find(|(other, _)| *other == choice) {
                Some((_, names)) if names.split(", ").any(|other| other == name) => {}
                Some((_, names)) => *names = format!("{names}, {name}"),
                None => groups.push((choice, name.clone())),
            }
        }
        groups
    }

    fn of_fan_out(&self, fan: &FanOut, profile: &Profile) -> String {
        let what = if fan.kind == FanOutKind::Map { "an item" } else { "a branch" };
        let (Some(hosts), Some(most)) = (fan.hosts, fan.hosts_most) else {
            let why = match (fan.functions.is_empty(), fan.at_once) {
                (true, _) => "it calls no function".to_owned(),
                (false, Some(1)) => "only one may run at a time".to_owned(),
                (false, _) => "thread lanes share the orchestrator's thread".to_owned(),
            };
            return format!("{}: {}; {why}.", fan.state, fan.runs);
        };
        let Profile { fork_ms, host_mib, container_ms, .. } = profile;
        let mut text = format!(
            "{}: {hosts} at first, for each function up to {}, as there are so many vCPUs",
            fan.state, self.vcpus
        );
        if most > hosts {
            text += &format!(
                "; a further one costs {fork_ms:.1} ms and {host_mib:.1} MiB, so it starts only while others \
                 sleep or wait ({most} of them: {:.0} MiB)",
                as_f64(most) * host_mib
            );
        }
        if !fan.groups.is_empty() {
            text += &format!("; one container holds no more than {most} at a time");
        }
        if let Some(pays) = self.second_container(fan, *container_ms) {
            text += &format!(
                "; a second container (assumed {container_ms:.0} ms away) would pay if {what} computed for \
                 more than {pays:.1} ms"
            );
        }
        text + "."
    }

    /// For how many milliseconds each of them would have to compute.
    fn second_container(&self, fan: &FanOut, container_ms: f64) -> Option<f64> {
        let calls = fan.at_once?;
        let spared = calls.div_ceil(self.vcpus) - calls.div_ceil(2 * self.vcpus);
        (spared > 0).then(|| container_ms / as_f64(spared))
    }

    /// `Memory: …`
    fn of_memory(&self, profile: &Profile) -> String {
        let lanes = |kind, lost| {
            let of_kind = self.processes.iter().filter(|process| {
                process.kind == kind && (process.starts == crate::Start::IfLaneIsLost) == lost
            });
            of_kind.map(|process| process.functions.len()).sum::<usize>()
        };
        let Profile { lane_mib, portable_mib, .. } = profile;
        let threads = lanes(ProcessKind::Container, false);
        let templates = lanes(ProcessKind::Template, false);
        let portable = lanes(ProcessKind::Portable, false);
        let parts = [
            (threads, "thread lane", lane_mib),
            (templates, "lane of a template", lane_mib),
            (portable, "portable lane", portable_mib),
        ];
        let all: f64 = parts.iter().map(|(count, _, mib)| as_f64(*count) * *mib).sum();
        let parts: Vec<String> = parts
            .iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, what, mib)| format!("{count} × {what} {mib:.1} MiB"))
            .collect();
        match parts.is_empty() {
            true => "Memory: no function is loaded.".to_owned(),
            false => format!(
                "Memory, with functions as small as can be: {all:.0} MiB before any host ({}).",
                parts.join(", ")
            ),
        }
    }
}

/// Why a lane was chosen, with what the others would cost.
fn reason(choice: &Choice, profile: &Profile) -> String {
    let hop = profile.hop_us;
    let other = |lane| match lane {
        Lane::Thread => hop.thread,
        Lane::Forked => hop.forked,
        Lane::Portable => hop.portable,
    };
    let own = other(choice.lane);
    match &choice.why {
        Why::OneAfterAnother => format!(
            "nothing runs beside it, and a hop costs {own:.1} µs, in a forked host {:.1} µs",
            hop.forked
        ),
        Why::SideBySide if choice.lane == Lane::Forked => format!(
            "something may run beside it: other processors are worth more than the {:.1} µs by which a hop \
             is slower than in a thread lane",
            (hop.forked - hop.thread).max(0.0)
        ),
        Why::OwnProcess => format!(
            "functions share no process; a hop costs {own:.1} µs, in thread lanes it would be {:.1} µs",
            hop.thread
        ),
        why => format!("{why}; a hop costs {own:.1} µs"),
    }
}
