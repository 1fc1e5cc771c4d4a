//! What a flow (a machine's own states, a branch, an iteration) can do at most, before anything is
//! decided about it.

use std::collections::{BTreeMap, BTreeSet};

use faastlane_asl::{Callee, Kind, MaxConcurrency, Next, StateId, StateMachine, Task};

/// More than anybody can count: the items of a Map whose number nobody knows.
pub(crate) const UNKNOWN: usize = usize::MAX;

/// Looks at flows of one machine.
pub(crate) struct Surveyor<'a> {
    pub(crate) machine: &'a StateMachine,
    /// For each reference of the machine, the function that it means.
    pub(crate) named: Vec<Option<usize>>,
    /// How many functions there are.
    pub(crate) count: usize,
    /// The number of items of every Map, if somebody has assumed one.
    pub(crate) width: Option<usize>,
}

/// What a flow can do.
#[derive(Debug, Default, Clone)]
pub(crate) struct Survey {
    /// The functions that it may call, and how many calls of each it may have under way at the same
    /// time.
    pub(crate) functions: BTreeMap<usize, usize>,
    /// How many calls it may have under way at the same time; [`UNKNOWN`] if nobody knows.
    pub(crate) demand: usize,
    /// Whether something of it takes time: a call or a wait.
    pub(crate) is_active: bool,
}

/// A state that fans out.
#[derive(Debug)]
pub(crate) struct Fan {
    /// The first state of each branch, or of the item processor.
    pub(crate) flows: Vec<StateId>,
    /// Branches or items; [`UNKNOWN`] if nobody knows.
    pub(crate) width: usize,
    /// How many of them may be under way at the same time.
    pub(crate) at_once: usize,
    /// How many of those take time.
    pub(crate) active: usize,
    /// All of its branches or items together.
    pub(crate) all: Survey,
    /// The most calls that one of them may have under way.
    pub(crate) of_one: usize,
}

impl Surveyor<'_> {
    /// The states that a flow may reach, in the order of the text.
    pub(crate) fn reachable(&self, start: StateId) -> BTreeSet<u32> {
        let mut reached = BTreeSet::new();
        let mut left = vec![start];
        while let Some(id) = left.pop() {
            if !reached.insert(id.0) {
                continue;
            }
            let state = self.machine.state(id);
            match &state.kind {
                Kind::Choice(choice) => {
                    left.extend(choice.rules.iter().map(|rule| rule.next).chain(choice.default));
                }
                Kind::Fail(_) => {}
                _ => left.extend(match state.next {
                    Next::State(next) => Some(next),
                    Next::End => None,
                }),
            }
            let catchers = state.kind.handling().into_iter().flat_map(|handling| &handling.catch);
            left.extend(catchers.map(|catcher| catcher.next));
        }
        reached
    }

    /// What the flow from `start` can do.
    pub(crate) fn survey(&self, start: StateId) -> Survey {
        let mut survey = Survey::default();
        for id in self.reachable(start) {
            let kind = &self.machine.state(StateId(id)).kind;
            let of_state = match kind {
                Kind::Task(task) => {
                    let functions: BTreeMap<_, _> =
                        self.callees(task).into_iter().map(|function| (function, 1)).collect();
                    let demand = usize::from(!functions.is_empty());
                    Survey { functions, demand, is_active: true }
                }
                Kind::Wait(_) => Survey { is_active: true, ..Survey::default() },
                _ => match self.fan(kind) {
                    Some(fan) => fan.all,
                    None => continue,
                },
            };
            for (function, calls) in of_state.functions {
                let most = survey.functions.entry(function).or_default();
                *most = calls.max(*most);
            }
            survey.demand = survey.demand.max(of_state.demand);
            survey.is_active |= of_state.is_active;
        }
        survey
    }

    /// The functions that a Task may call.
    pub(crate) fn callees(&self, task: &Task) -> BTreeSet<usize> {
        match task.callee {
            Callee::None => BTreeSet::new(),
            Callee::Named(at) => self.named[at].into_iter().collect(),
            Callee::ByPath => (0..self.count).collect(),
        }
    }

    /// What a Parallel or Map state does; none for other states.
    pub(crate) fn fan(&self, kind: &Kind) -> Option<Fan> {
        match kind {
            Kind::Parallel(parallel) => {
                let branches: Vec<_> =
                    parallel.branches.iter().map(|branch| self.survey(*branch)).collect();
                let mut all = Survey::default();
                for branch in &branches {
                    for (function, calls) in &branch.functions {
                        let sum = all.functions.entry(*function).or_default();
                        *sum = sum.saturating_add(*calls);
                    }
                    all.demand = all.demand.saturating_add(branch.demand);
                    all.is_active |= branch.is_active;
                }
                Some(Fan {
                    flows: parallel.branches.clone(),
                    width: branches.len(),
                    at_once: branches.len(),
                    active: branches.iter().filter(|branch| branch.is_active).count(),
                    all,
                    of_one: branches.iter().map(|branch| branch.demand).max().unwrap_or(0),
                })
            }
            Kind::Map(map) => {
                let mut one = self.survey(map.processor);
                let width = self.width.unwrap_or(UNKNOWN);
                let at_once = match map.max_concurrency {
                    MaxConcurrency::Fixed(most) if most > 0 => {
                        width.min(usize::try_from(most).unwrap_or(UNKNOWN))
                    }
                    _ => width,
                };
                for calls in one.functions.values_mut() {
                    *calls = calls.saturating_mul(at_once);
                }
                Some(Fan {
                    flows: vec![map.processor],
                    width,
                    at_once,
                    active: if one.is_active { at_once } else { 0 },
                    of_one: one.demand,
                    all: Survey { demand: at_once.saturating_mul(one.demand), ..one },
                })
            }
            _ => None,
        }
    }
}
