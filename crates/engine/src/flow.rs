//! The parts of an execution's state: everything a snapshot holds.
//!
//! A *flow* is one sequence of states that runs by itself: the machine's own, a branch of a Parallel
//! state, an iteration of a Map state. Flows stand in numbered slots that are used again.

use std::collections::VecDeque;

use faastlane_asl::StateId;
use faastlane_expr::Variables;
use faastlane_frame::Data;
use faastlane_value::ArcStr;
use serde::{Deserialize, Serialize};

use crate::action::{TaskId, Ticket, TimerId};
use crate::map_run::{Child, ChildId, MapRun};
use crate::random::Random;
use crate::slab::Slab;
use crate::test_state::Inspection;
use crate::{Limits, Time};

/// A flow's slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FlowId(pub(crate) u32);

/// One sequence of states that runs by itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Flow {
    /// The flow whose Parallel or Map state began this one, and which child of it this is.
    pub(crate) parent: Option<(FlowId, usize)>,
    /// The execution of a Map Run that it is part of; `None` is the execution itself.
    pub(crate) within: Option<ChildId>,
    /// The item of an iteration; its index is that of `parent`.
    pub(crate) item: Option<Data>,
    /// Where it is.
    #[serde(with = "state_id")]
    pub(crate) state: StateId,
    /// The raw input of that state.
    pub(crate) input: Data,
    /// When it entered the state.
    pub(crate) entered_at: Time,
    /// The history event that says so.
    pub(crate) entered_event: u64,
    /// The event before that one.
    pub(crate) came_from: u64,
    /// Its variables: those of the flow around it when it began, and what it assigned.
    pub(crate) variables: Variables,
    /// The event that its next event follows from.
    pub(crate) last_event: u64,
    /// Retries so far, for each entry of the state's `Retry`.
    pub(crate) retried: Vec<u64>,
    /// Retries so far in all: `$$.State.RetryCount`.
    pub(crate) retry_count: u64,
    /// The task that its state will ask for or has asked for, where that has a token: the token is known
    /// before the task's input is.
    pub(crate) token_of: Option<TaskId>,
    /// What it waits for.
    pub(crate) phase: Phase,
}

/// What a flow waits for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Phase {
    /// Nothing: it is about to enter its state.
    Ready,
    /// A task's answer.
    Task(RunningTask),
    /// The end of a Wait state.
    Waiting(TimerId),
    /// The time of the next try.
    Backoff(TimerId),
    /// Its branches or iterations.
    Children(Children),
    /// The executions of its Map Run.
    MapRun(Box<MapRun>),
    /// Nothing: it is about to do again what its state does, without entering it.
    Again,
    /// For nothing any more, unless the execution is redriven.
    Stopped(Stopped),
}

/// What is left of a flow that failed or was ended: all that is needed to go on where it was.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Stopped {
    /// It had not entered its state.
    Before,
    /// It had.
    Inside,
    /// It had branches or iterations; those that ran are stopped, too.
    Children(Children),
    /// So are the executions of its Map Run that have not ended well.
    MapRun(Box<MapRun>),
}

impl Phase {
    /// What is left of it; a phase that is over stays as it is.
    pub(crate) fn stop(&mut self) {
        let stopped = match std::mem::replace(self, Self::Ready) {
            Self::Stopped(stopped) => stopped,
            Self::Ready => Stopped::Before,
            Self::Children(children) => Stopped::Children(children),
            Self::MapRun(run) => Stopped::MapRun(run),
            Self::Task(_) | Self::Waiting(_) | Self::Backoff(_) | Self::Again => Stopped::Inside,
        };
        *self = Self::Stopped(stopped);
    }
}

/// A task that was asked for, with its clocks.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct RunningTask {
    pub(crate) task: TaskId,
    pub(crate) stage: Stage,
    pub(crate) timeout: Clock,
    pub(crate) heartbeat: Clock,
}

/// How far a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stage {
    /// It was asked for.
    Asked,
    /// It has begun elsewhere: a call was submitted, a worker took an activity's task.
    Begun,
}

/// A clock that ends a task, once it was started.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Clock {
    /// How long it runs; none if there is no such clock.
    pub(crate) seconds: Option<u64>,
    pub(crate) timer: Option<TimerId>,
}

/// The branches of a Parallel state or the iterations of a Map state.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Children {
    /// Flows that run, in order of their start. Those that began first mostly end first.
    pub(crate) running: VecDeque<FlowId>,
    /// Results by index; `None` where there is none yet.
    pub(crate) results: Vec<Option<Data>>,
    /// How many results there are.
    pub(crate) done: usize,
    /// What is left to begin, for a Map state.
    pub(crate) items: Option<Items>,
}

/// The items of a Map state.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Items {
    /// All items, an array.
    pub(crate) all: Data,
    /// The Map state's effective input, from which `ItemSelector` makes each iteration's input.
    pub(crate) input: Data,
    /// The index of the next one to begin.
    pub(crate) next: usize,
}

/// Everything about an execution that changes, and what it was started with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Progress {
    pub(crate) about: About,
    pub(crate) limits: Limits,
    pub(crate) flows: Slab<Flow>,
    /// Executions of Map Runs.
    pub(crate) children: Slab<Child>,
    /// Flows whose Map Run is further than when it was last shown; empty between turns.
    pub(crate) changed_runs: Vec<FlowId>,
    /// Flows that are about to enter a state; empty between turns but after [`crate::Action::Yield`].
    pub(crate) ready: VecDeque<FlowId>,
    pub(crate) random: Random,
    /// What the execution was started with, for tokens.
    pub(crate) seed: u64,
    pub(crate) last_event_id: u64,
    pub(crate) last_serial: u32,
    /// How often each state's task was invoked, by the state's number; shorter where none was.
    pub(crate) invocations: Vec<u64>,
    pub(crate) timeout: Option<TimerId>,
    pub(crate) finished: bool,
    /// In a test of one state only, which is never written down.
    #[serde(skip)]
    pub(crate) inspection: Option<Box<Inspection>>,
}

/// What the context object says about the execution.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct About {
    pub(crate) execution_arn: ArcStr,
    pub(crate) execution_name: ArcStr,
    pub(crate) machine_arn: ArcStr,
    pub(crate) machine_name: ArcStr,
    pub(crate) role_arn: ArcStr,
    pub(crate) input: Data,
    pub(crate) started_at: Time,
    /// How often it was redriven, and when last.
    pub(crate) redrive_count: u64,
    pub(crate) redriven_at: Option<Time>,
}

impl Flow {
    /// A flow that is about to enter its first state, and follows from nothing.
    pub(crate) fn at(state: StateId, input: Data, now: Time) -> Self {
        Self {
            parent: None,
            within: None,
            item: None,
            state,
            input,
            entered_at: now,
            entered_event: 0,
            came_from: 0,
            variables: Variables::NONE,
            last_event: 0,
            retried: Vec::new(),
            retry_count: 0,
            token_of: None,
            phase: Phase::Ready,
        }
    }
}

impl Progress {
    /// The slot number of no flow: tickets of the execution's own timer carry it.
    pub(crate) const NO_FLOW: FlowId = FlowId(u32::MAX);

    pub(crate) fn ticket(&mut self, flow: FlowId) -> Ticket {
        self.last_serial = self.last_serial.wrapping_add(1);
        Ticket { flow: flow.0, serial: self.last_serial }
    }

    /// Counts an invocation of a state's task; how many there were before.
    pub(crate) fn invoke(&mut self, state: StateId) -> u64 {
        let place = state.0 as usize;
        if self.invocations.len() <= place {
            self.invocations.resize(place + 1, 0);
        }
        self.invocations[place] += 1;
        self.invocations[place] - 1
    }

    pub(crate) fn add(&mut self, flow: Flow) -> FlowId {
        FlowId(self.flows.add(flow))
    }

    pub(crate) fn remove(&mut self, id: FlowId) -> Flow {
        self.flows.remove(id.0).expect("a flow is removed once")
    }

    pub(crate) fn flow(&self, id: FlowId) -> &Flow {
        self.flows.get(id.0).expect("ids are kept only of flows that are there")
    }

    pub(crate) fn flow_mut(&mut self, id: FlowId) -> &mut Flow {
        self.flows.get_mut(id.0).expect("ids are kept only of flows that are there")
    }

    pub(crate) fn remove_child(&mut self, id: ChildId) -> Child {
        self.children.remove(id.0).expect("a child is removed once")
    }

    pub(crate) fn child(&self, id: ChildId) -> &Child {
        self.children.get(id.0).expect("ids are kept only of children that are there")
    }

    pub(crate) fn child_mut(&mut self, id: ChildId) -> &mut Child {
        self.children.get_mut(id.0).expect("ids are kept only of children that are there")
    }

    /// The flow that waits for a task, and the task.
    pub(crate) fn running(&self, task: TaskId) -> Option<(FlowId, RunningTask)> {
        let id = self.flow_of(task.0)?;
        match self.flow(id).phase {
            Phase::Task(running) if running.task == task => Some((id, running)),
            _ => None,
        }
    }

    /// The flow of a ticket, if it is still there; whether it still waits for it is its phase's say.
    pub(crate) fn flow_of(&self, ticket: Ticket) -> Option<FlowId> {
        self.flows.get(ticket.flow).map(|_| FlowId(ticket.flow))
    }
}

/// A state id on disk is its number.
mod state_id {
    use faastlane_asl::StateId;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(id: &StateId, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_u32(id.0)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<StateId, D::Error> {
        u32::deserialize(from).map(StateId)
    }
}
