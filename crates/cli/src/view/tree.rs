//! What runs and what is done, as a tree of states, made from history events.
//!
//! States are counted, not listed: a state that a Map enters a thousand times is one node. So the
//! tree is never larger than the state machine.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use faastlane_engine::MapRunProgress;

use super::step::{Event, Step};

/// The tree of an execution. The first node stands for the execution itself.
#[derive(Debug)]
pub(crate) struct Tree {
    nodes: Vec<Node>,
    /// Where the flow of an event stands, by the event's id.
    flows: HashMap<u64, At>,
}

/// A state and all its visits.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) name: String,
    is_map: bool,
    /// 0 for the states of the machine itself.
    pub(crate) depth: usize,
    parent: usize,
    pub(crate) children: Vec<usize>,
    /// Visits under way.
    pub(crate) running: usize,
    /// Visits that ended well or at a catcher.
    pub(crate) succeeded: usize,
    /// Visits that ended with a failure that nothing in the state caught.
    pub(crate) failed: usize,
    /// Tries after the first.
    pub(crate) retries: usize,
    /// Iterations of a Map state: begun and announced, and done.
    pub(crate) items: usize,
    pub(crate) items_done: usize,
    /// How far the Map Run of a distributed Map is, the last one if there were several.
    pub(crate) map_run: Option<MapRunProgress>,
    /// Since when a visit is under way.
    pub(crate) since: Option<Instant>,
    /// How long visits took from the first to the last, where none is under way.
    pub(crate) took: Duration,
}

/// Where a flow stands: inside which node, and at which.
#[derive(Debug, Clone, Copy)]
struct At {
    inside: usize,
    node: usize,
    /// The event was the failure of a try.
    failed: bool,
}

const EXECUTION: usize = 0;

/// From this many states inside it on, a node shows only those that run or failed.
const FOLDED_FROM: usize = 9;

/// Where an execution starts.
const START: At = At { inside: EXECUTION, node: EXECUTION, failed: false };

impl Tree {
    pub(crate) fn new() -> Self {
        let root = Node::new(String::new(), false, 0, EXECUTION);
        Self { nodes: vec![root], flows: HashMap::new() }
    }

    /// The nodes in reading order. Of many states inside one, those that are done are left out.
    pub(crate) fn walk(&self) -> Vec<&Node> {
        let mut found = Vec::new();
        let mut open: Vec<usize> = self.nodes[EXECUTION].children.iter().rev().copied().collect();
        while let Some(id) = open.pop() {
            let node = &self.nodes[id];
            found.push(node);
            let folded = node.is_folded();
            let shown = |id: &&usize| !folded || self.nodes[**id].is_open();
            open.extend(node.children.iter().filter(shown).rev());
        }
        found
    }

    /// How many of the states inside a folded node are done, and how many there are.
    pub(crate) fn folded(&self, node: &Node) -> Option<(usize, usize)> {
        let open = node.children.iter().filter(|id| self.nodes[**id].running > 0).count();
        node.is_folded().then(|| (node.children.len() - open, node.children.len()))
    }

    /// Takes an event in; the node of a state that it ended, if it ended one.
    pub(crate) fn record(&mut self, event: &Event<'_>, now: Instant) -> Option<&Node> {
        let from = self.flows.get(&event.previous_id).copied().unwrap_or(START);
        let mut at = At { failed: false, ..from };
        let mut ended = None;
        match event.step {
            Step::Entered { name, is_map } => {
                at.node = self.child(from.inside, name, is_map);
                self.nodes[at.node].enter(now);
            }
            Step::Exited { name } => {
                let node = self.exited(from, name);
                at = At { inside: self.nodes[node].parent, node, failed: false };
                self.nodes[node].leave(now, true);
                ended = Some(node);
            }
            Step::Aborted => self.nodes[from.node].leave(now, false),
            Step::ParallelStarted => at.inside = from.node,
            Step::MapStarted { length } => {
                at.node = self.map_of(from);
                self.nodes[at.node].items += length;
            }
            Step::IterationStarted { name } => {
                at.node = self.exited(from, name);
                at.inside = at.node;
            }
            Step::IterationEnded { name } => {
                let node = self.exited(from, name);
                self.nodes[node].items_done += 1;
            }
            Step::TryFailed => at.failed = true,
            Step::TryStarted if from.failed => self.nodes[from.node].retries += 1,
            Step::ExecutionFailed => self.fail_running(now),
            Step::TryStarted | Step::Other => {}
        }
        self.flows.insert(event.id, at);
        ended.map(|node| &self.nodes[node])
    }

    /// Takes in how far a Map Run is. Those inside executions of another one have no node.
    pub(crate) fn progress(&mut self, map_run: &MapRunProgress) {
        let is_its =
            |node: &&mut Node| node.running > 0 && node.is_map && node.name == map_run.state;
        let Some(node) = self.nodes.iter_mut().find(is_its) else { return };
        let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        node.items = map_run.total.map_or(0, count);
        node.items_done = count(map_run.succeeded + map_run.failed);
        node.map_run = Some(map_run.clone());
    }

    /// The node `name` that a flow leaves: where it stands, or a node around it.
    fn exited(&self, from: At, name: &str) -> usize {
        let mut candidate = from.node;
        while candidate != EXECUTION && self.nodes[candidate].name != name {
            candidate = self.nodes[candidate].parent;
        }
        candidate
    }

    /// The Map state that starts its iterations, for the first time or again.
    fn map_of(&self, from: At) -> usize {
        let mut candidate = from.node;
        while candidate != EXECUTION && !self.nodes[candidate].is_map {
            candidate = self.nodes[candidate].parent;
        }
        candidate
    }

    fn child(&mut self, inside: usize, name: &str, is_map: bool) -> usize {
        let known = self.nodes[inside].children.iter().find(|id| self.nodes[**id].name == name);
        if let Some(known) = known {
            return *known;
        }
        let depth = if inside == EXECUTION { 0 } else { self.nodes[inside].depth + 1 };
        self.nodes.push(Node::new(name.to_owned(), is_map, depth, inside));
        let id = self.nodes.len() - 1;
        self.nodes[inside].children.push(id);
        id
    }

    fn fail_running(&mut self, now: Instant) {
        for node in &mut self.nodes {
            while node.running > 0 {
                node.leave(now, false);
            }
        }
    }
}

impl Node {
    fn new(name: String, is_map: bool, depth: usize, parent: usize) -> Self {
        Self {
            name,
            is_map,
            depth,
            parent,
            children: Vec::new(),
            running: 0,
            succeeded: 0,
            failed: 0,
            retries: 0,
            items: 0,
            items_done: 0,
            map_run: None,
            since: None,
            took: Duration::ZERO,
        }
    }

    /// How long it has been at work, now or at the end.
    pub(crate) fn elapsed(&self, now: Instant) -> Duration {
        self.took + self.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }

    fn is_folded(&self) -> bool {
        self.children.len() >= FOLDED_FROM
    }

    /// Whether it runs or failed: what a reader looks for.
    pub(crate) fn is_open(&self) -> bool {
        self.running > 0 || self.failed > 0
    }

    fn enter(&mut self, now: Instant) {
        self.running += 1;
        self.since.get_or_insert(now);
    }

    fn leave(&mut self, now: Instant, well: bool) {
        self.running = self.running.saturating_sub(1);
        if well {
            self.succeeded += 1;
        } else {
            self.failed += 1;
        }
        if self.running == 0
            && let Some(since) = self.since.take()
        {
            self.took += now.saturating_duration_since(since);
        }
    }
}

#[cfg(test)]
mod tests {
    use faastlane_engine::{EventKind, HistoryEvent, Time};

    use super::*;

    /// Records events given as (id, previous id, kind) and draws the tree as text.
    fn check(events: Vec<(u64, u64, EventKind)>, expected: &[&str]) {
        let mut tree = Tree::new();
        for (id, previous_id, kind) in events {
            let event = HistoryEvent { id, previous_id, time: Time(0), kind };
            tree.record(&Event::from(&event), Instant::now());
        }
        let line = |node: &Node| {
            let Node {
                depth, name, running, succeeded, failed, retries, items, items_done, ..
            } = node;
            format!(
                "{}{name} {running} {succeeded} {failed} r{retries} {items_done}/{items}",
                " ".repeat(*depth)
            )
        };
        assert_eq!(tree.walk().into_iter().map(line).collect::<Vec<_>>(), expected);
    }

    fn entered(state_type: &'static str, name: &str) -> EventKind {
        let input = faastlane_value::Value::Null.into();
        EventKind::StateEntered { state_type, name: name.into(), input }
    }

    fn exited(state_type: &'static str, name: &str) -> EventKind {
        let output = faastlane_value::Value::Null.into();
        EventKind::StateExited { state_type, name: name.into(), output, assigned: Vec::new() }
    }

    #[test]
    fn states_of_iterations_are_counted_below_their_map() {
        let name = || "Each".into();
        check(
            vec![
                (2, 0, entered("Map", "Each")),
                (3, 2, EventKind::MapStateStarted { length: 2 }),
                (4, 3, EventKind::MapIterationStarted { name: name(), index: 0 }),
                (5, 4, entered("Pass", "Inner")),
                (6, 5, exited("Pass", "Inner")),
                (7, 6, EventKind::MapIterationSucceeded { name: name(), index: 0 }),
                (8, 6, EventKind::MapIterationStarted { name: name(), index: 1 }),
                (9, 8, entered("Pass", "Inner")),
            ],
            &["Each 1 0 0 r0 1/2", " Inner 1 1 0 r0 0/0"],
        );
    }

    #[test]
    fn retries_are_counted_and_the_exit_of_a_parallel_state_is_its_own() {
        let scheduled = || EventKind::LambdaFunctionScheduled {
            resource: "f".into(),
            input: faastlane_value::Value::Null.into(),
            timeout_seconds: None,
        };
        check(
            vec![
                (2, 0, entered("Parallel", "Both")),
                (3, 2, EventKind::ParallelStateStarted),
                (4, 3, entered("Task", "Call")),
                (5, 4, scheduled()),
                (6, 5, EventKind::LambdaFunctionFailed(Default::default())),
                (7, 6, scheduled()),
                (8, 7, exited("Task", "Call")),
                (9, 8, EventKind::ParallelStateSucceeded),
                (10, 8, exited("Parallel", "Both")),
                (11, 10, entered("Pass", "After")),
            ],
            &["Both 0 1 0 r0 0/0", " Call 0 1 0 r1 0/0", "After 1 0 0 r0 0/0"],
        );
    }
}
