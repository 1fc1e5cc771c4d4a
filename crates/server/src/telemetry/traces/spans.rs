//! From a history to spans.
//!
//! Events of branches and iterations lie between one another; `previousEventId` tells which belong together. An event
//! is in the span in which the event before it was, until it leaves that span or opens one inside of it. Where AWS
//! lets a new iteration follow on an event of the one before, the Map around both is found.

use std::collections::HashMap;

use faastlane_value::ArcStr;

use super::steps::{Kind, Step};
use super::{Traced, call_id, event_id};

/// A time in which something was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) id: u64,
    pub(super) parent: Option<u64>,
    pub(super) what: What,
    /// Milliseconds since the epoch.
    pub(super) start: i64,
    /// Milliseconds since the epoch.
    pub(super) end: i64,
    /// The name of the error that ended it, which may be empty.
    pub(super) error: Option<ArcStr>,
}

/// What a span stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// The execution, and how it ended.
    Execution(&'static str),
    State {
        name: ArcStr,
        state_type: &'static str,
    },
    Iteration {
        map: ArcStr,
        index: usize,
    },
    /// The try of this number, from 1.
    Call {
        resource: ArcStr,
        attempt: usize,
    },
}

/// The spans of an execution, its own first. `steps` are in order; if the first ones are missing, so is what only they
/// tell.
pub(super) fn spans(traced: &Traced<'_>, steps: &[Step]) -> Vec<Span> {
    let (Some(first), Some(last)) = (steps.first(), steps.last()) else { return Vec::new() };
    let root = Span {
        id: event_id(traced.arn, first.id),
        parent: traced.context().parent,
        what: What::Execution("RUNNING"),
        start: first.time,
        end: last.time,
        error: None,
    };
    let mut builder = Builder {
        arn: traced.arn,
        nodes: vec![Node { span: root, parent: 0, is_open: true, children: 0 }],
        after: HashMap::with_capacity(steps.len()),
        calls: HashMap::new(),
    };
    for step in steps {
        builder.step(step);
    }
    builder.close(0, last.time, None);
    builder.nodes.into_iter().map(|node| node.span).collect()
}

struct Node {
    span: Span,
    /// The index of the span around it; its own for the first.
    parent: usize,
    is_open: bool,
    children: usize,
}

struct Builder<'a> {
    arn: &'a str,
    nodes: Vec<Node>,
    /// The span in which one is after an event.
    after: HashMap<u64, usize>,
    /// Calls that a state has made.
    calls: HashMap<ArcStr, u64>,
}

impl Builder<'_> {
    fn step(&mut self, step: &Step) {
        let before = self.after.get(&step.previous).copied().unwrap_or(0);
        let after = match &step.kind {
            Kind::Entered { name, state_type } => {
                let around = self.around(before, |node| node.is_open || node.parent == 0);
                let what = What::State { name: name.clone(), state_type };
                self.open(step, around, event_id(self.arn, step.id), what)
            }
            Kind::Exited { name } => {
                let state = self.around(before, |node| node.is_state(name));
                self.leave(state, step.time, None)
            }
            Kind::StateAborted => {
                let state = self.around(before, Node::is_any_state);
                self.leave(state, step.time, Some("aborted".into()))
            }
            Kind::Scheduled { resource } => self.call(step, before, resource),
            Kind::CallEnded { error } => {
                let call = self.around(before, Node::is_call);
                self.leave(call, step.time, error.clone())
            }
            Kind::IterationStarted { map, index } => {
                let state = self.around(before, |node| node.is_state(map));
                let what = What::Iteration { map: map.clone(), index: *index };
                self.open(step, state, event_id(self.arn, step.id), what)
            }
            Kind::IterationEnded { map, index, failed } => {
                let iteration = self.around(before, |node| node.is_iteration(map, *index));
                self.leave(iteration, step.time, failed.then(ArcStr::default))
            }
            Kind::ExecutionEnded { status, error } => {
                if let Some(root) = self.nodes.first_mut() {
                    root.span.what = What::Execution(status);
                }
                self.close(0, step.time, error.clone());
                0
            }
            Kind::Other => before,
        };
        self.after.insert(step.id, after);
    }

    /// A call begins in the state that is around.
    fn call(&mut self, step: &Step, before: usize, resource: &ArcStr) -> usize {
        let state = self.around(before, Node::is_any_state);
        let node = &self.nodes[state];
        let attempt = node.children + 1;
        let id = match &node.span.what {
            What::State { name, .. } => {
                let calls = self.calls.entry(name.clone()).or_default();
                *calls += 1;
                call_id(self.arn, name, *calls - 1)
            }
            _ => event_id(self.arn, step.id),
        };
        self.open(step, state, id, What::Call { resource: resource.clone(), attempt })
    }

    fn open(&mut self, step: &Step, parent: usize, id: u64, what: What) -> usize {
        let around = &mut self.nodes[parent];
        around.children += 1;
        let span = Span {
            id,
            parent: Some(around.span.id),
            what,
            start: step.time,
            end: step.time,
            error: None,
        };
        self.nodes.push(Node { span, parent, is_open: true, children: 0 });
        self.nodes.len() - 1
    }

    /// Ends a span and says which one is around it. The execution's own ends by its own event only.
    fn leave(&mut self, node: usize, time: i64, error: Option<ArcStr>) -> usize {
        if node != 0 {
            self.close(node, time, error);
        }
        self.nodes[node].parent
    }

    /// Ends a span and all that is still open inside of it.
    fn close(&mut self, node: usize, time: i64, error: Option<ArcStr>) {
        if !std::mem::replace(&mut self.nodes[node].is_open, false) {
            return;
        }
        let span = &mut self.nodes[node].span;
        (span.end, span.error) = (time, error);
        // What is inside of a span comes after it.
        for inner in node + 1..self.nodes.len() {
            let around = self.nodes[inner].parent;
            if self.nodes[inner].is_open && !self.nodes[around].is_open && self.is_in(inner, node) {
                self.nodes[inner].is_open = false;
                self.nodes[inner].span.end = time;
            }
        }
    }

    fn is_in(&self, mut inner: usize, outer: usize) -> bool {
        while inner > outer {
            inner = self.nodes[inner].parent;
        }
        inner == outer
    }

    /// The innermost span from `node` on outwards that is `wanted`, or the execution's.
    fn around(&self, mut node: usize, wanted: impl Fn(&Node) -> bool) -> usize {
        while node != 0 && !wanted(&self.nodes[node]) {
            node = self.nodes[node].parent;
        }
        node
    }
}

impl Node {
    fn is_any_state(&self) -> bool {
        self.is_open && matches!(self.span.what, What::State { .. })
    }

    fn is_state(&self, wanted: &str) -> bool {
        self.is_open && matches!(&self.span.what, What::State { name, .. } if name == wanted)
    }

    fn is_call(&self) -> bool {
        self.is_open && matches!(self.span.what, What::Call { .. })
    }

    fn is_iteration(&self, wanted: &str, number: usize) -> bool {
        let What::Iteration { map, index } = &self.span.what else { return false };
        self.is_open && map == wanted && *index == number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Events as `ID PREVIOUS TYPE [NAME]`, and spans as lines that are indented by what they are in.
    #[track_caller]
    fn check(events: &str, expected: &str) {
        let steps: Vec<Step> = events.trim().lines().map(step).collect();
        let traced = Traced { arn: "a", machine_arn: "m", trace_header: None, started: 0 };
        let spans = spans(&traced, &steps);
        let mut shown = String::new();
        for span in &spans {
            let mut depth = 0;
            let mut parent = span.parent;
            while let Some(around) = spans.iter().find(|span| Some(span.id) == parent) {
                (depth, parent) = (depth + 1, around.parent);
            }
            let what = match &span.what {
                What::Execution(status) => (*status).to_owned(),
                What::State { name, .. } => name.to_string(),
                What::Iteration { index, .. } => format!("#{index}"),
                What::Call { resource, attempt } => format!("{resource} try {attempt}"),
            };
            let error = span.error.as_ref().map_or_else(String::new, |error| format!(" !{error}"));
            let line = format!("{}{what} {}-{}{error}\n", "  ".repeat(depth), span.start, span.end);
            shown += &line;
        }
        let lines = expected.trim_matches('\n').lines();
        let expected: String = lines.map(|line| format!("{}\n", &line[8..])).collect();
        assert_eq!(shown, expected);
    }

    fn step(line: &str) -> Step {
        let words: Vec<&str> = line.split_whitespace().collect();
        let name = ArcStr::from(words.get(3).copied().unwrap_or_default());
        let number = |word: &str| word.parse().unwrap();
        let index = words.get(4).map_or(0, |word| word.parse().unwrap());
        let kind = match words[2] {
            "Entered" => Kind::Entered { name, state_type: "Task" },
            "Exited" => Kind::Exited { name },
            "Aborted" => Kind::StateAborted,
            "Scheduled" => Kind::Scheduled { resource: name },
            "Succeeded" => Kind::CallEnded { error: None },
            "Failed" => Kind::CallEnded { error: Some(name) },
            "Iteration" => Kind::IterationStarted { map: name, index },
            "Iterated" => Kind::IterationEnded { map: name, index, failed: false },
            "IterationFailed" => Kind::IterationEnded { map: name, index, failed: true },
            "End" => Kind::ExecutionEnded { status: "SUCCEEDED", error: None },
            "Fail" => Kind::ExecutionEnded { status: "FAILED", error: Some(name) },
            _ => Kind::Other,
        };
        let id = number(words[0]);
        Step { id, previous: number(words[1]), time: id.cast_signed() * 10, kind }
    }

    #[test]
    fn tries_are_inside_of_their_state() {
        check(
            "1 0 Begin
             2 0 Entered A
             3 2 Scheduled f
             4 3 Other
             5 4 Failed E
             6 5 Scheduled f
             7 6 Succeeded
             8 7 Exited A
             9 8 Entered B
             10 9 Exited B
             11 10 End",
            "
        SUCCEEDED 10-110
          A 20-80
            f try 1 30-50 !E
            f try 2 60-70
          B 90-100",
        );
    }

    /// `map_state_break_condition` of the executions recorded on AWS: an iteration follows on an event of the one before.
    #[test]
    fn iterations_are_inside_of_their_map() {
        check(
            "1 0 Begin
             2 0 Entered M
             3 2 Other
             4 3 Iteration M 0
             5 4 Entered A
             6 5 Exited A
             7 6 Iterated M 0
             8 6 Iteration M 1
             9 8 Entered A
             10 9 IterationFailed M 1
             11 9 Other
             12 11 Fail E",
            "
        FAILED 10-120 !E
          M 20-120
            #0 40-70
              A 50-60
            #1 80-100 !
              A 90-100",
        );
    }

    #[test]
    fn branches_lie_between_one_another() {
        check(
            "1 0 Begin
             2 0 Entered P
             3 2 Other
             4 3 Entered A
             5 3 Entered B
             6 4 Scheduled f
             7 5 Exited B
             8 7 Entered C
             9 6 Failed E
             10 8 Aborted
             11 9 Other
             12 11 Exited P
             13 12 Entered D
             14 13 Exited D
             15 14 End",
            "
        SUCCEEDED 10-150
          P 20-120
            A 40-120
            B 50-70
              f try 1 60-90 !E
            C 80-100 !aborted
          D 130-140",
        );
    }

    #[test]
    fn an_end_without_its_beginning_ends_nothing() {
        check(
            "7 6 Succeeded
             8 7 Exited A
             9 8 Entered B
             10 9 Exited B
             11 10 End",
            "
        SUCCEEDED 70-110
          B 90-100",
        );
        check("", "");
    }

    #[test]
    fn a_call_has_the_id_that_was_told_to_it() {
        let steps: Vec<Step> =
            ["1 0 Begin", "2 0 Entered A", "3 2 Scheduled f", "4 3 Failed E", "5 4 Scheduled f"]
                .map(step)
                .to_vec();
        let header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8";
        let traced = Traced { arn: "a", machine_arn: "m", trace_header: Some(header), started: 0 };
        let spans = spans(&traced, &steps);
        assert_eq!(spans[0].parent, Some(0x5399_5c3f_42cd_8ad8));
        let told = traced.call_header("A", 1, true);
        assert!(told.contains(&format!("Parent={:016x}", spans[3].id)), "{told}");
    }
}
