//! The thread that owns all executions.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Instant;

use faastlane_container::Wanted;
use faastlane_engine::replay::{Entry, Told};
use faastlane_engine::{Action, Event, MapRunChange, TaskId};
use faastlane_store::{Change, Store};
use faastlane_value::ArcStr;
use tokio::sync::oneshot;

use super::Refused;
use super::callbacks::Callbacks;
use super::datasets::Datasets;
use super::effects::Effect;
use super::handle::{ActivityTask, TaskAnswer};
use super::journal;
use super::live::{Key, Live, Recorded};
use super::new::New;
use super::wakes::Wakes;
use crate::lanes::Lanes;
use crate::machines::Machines;
use crate::{Settings, Workshop};

/// So many messages and events are handled before what changed is written.
const MOST_TOGETHER: usize = 4_096;

type Reply<T> = oneshot::Sender<Result<T, Refused>>;

/// What the thread is told.
#[derive(Debug)]
pub(super) enum Message {
    Start(Box<New>),
    Stop {
        arn: ArcStr,
        error: Option<String>,
        cause: Option<String>,
        reply: Reply<i64>,
    },
    Redrive {
        arn: ArcStr,
        reply: Reply<i64>,
    },
    Answer {
        token: ArcStr,
        answer: TaskAnswer,
        reply: Reply<()>,
    },
    UpdateMapRun {
        arn: ArcStr,
        change: MapRunChange,
        reply: Reply<()>,
    },
    EndPolls,
    Poll {
        activity: ArcStr,
        worker: Option<ArcStr>,
        reply: oneshot::Sender<ActivityTask>,
    },
    /// A call in the lanes came to its end.
    Performed {
        call: u64,
        event: Option<Event>,
    },
    /// Items were read or results written.
    Dataset {
        key: Key,
        event: Event,
    },
    /// Asks how many executions wait for no call.
    CountWaiting {
        reply: Reply<usize>,
    },
    /// The server ends: executions stay in the store as they are.
    Close,
}

/// The thread's state.
pub(super) struct Driver {
    pub(super) inbox: Receiver<Message>,
    pub(super) store: Arc<Store>,
    pub(super) machines: Arc<Machines>,
    pub(super) lanes: Arc<Lanes>,
    pub(super) workshop: Arc<dyn Workshop>,
    pub(super) settings: Arc<Settings>,
    pub(super) live: HashMap<Key, Live>,
    pub(super) by_arn: HashMap<ArcStr, Key>,
    pub(super) last_key: Key,
    /// Calls under way: which task of which execution.
    pub(super) calls: HashMap<u64, (Key, TaskId)>,
    pub(super) last_call: u64,
    pub(super) callbacks: Callbacks,
    pub(super) datasets: Datasets,
    pub(super) wakes: Wakes,
    /// What engines are to be told.
    pub(super) next: VecDeque<(Key, Event)>,
    /// Executions that were told something since the last commit.
    pub(super) touched: Vec<Key>,
    pub(super) changes: Vec<Change>,
    /// What observers are told when the changes are written.
    pub(super) recorded: Vec<Recorded>,
    pub(super) effects: Vec<Effect>,
    pub(super) actions: Vec<Action>,
}

impl Driver {
    /// Drives executions until the server ends.
    pub(super) fn run(mut self) {
        self.go_on();
        loop {
            self.fire_timers();
            self.settle();
            self.commit();
            self.perform();
            let Some(mut message) = self.wait() else { return };
            for _ in 0..MOST_TOGETHER {
                match message {
                    Some(Message::Close) => return,
                    Some(message) => self.take(message),
                    None => break,
                }
                message = self.inbox.try_recv().ok();
            }
        }
    }

    /// Waits for a message or a timer. None if nobody can send any more.
    fn wait(&self) -> Option<Option<Message>> {
        if !self.next.is_empty() {
            return Some(self.inbox.try_recv().ok());
        }
        let Some(at) = self.wakes.next() else { return self.inbox.recv().ok().map(Some) };
        match self.inbox.recv_timeout(at.saturating_duration_since(Instant::now())) {
            Ok(message) => Some(Some(message)),
            Err(RecvTimeoutError::Timeout) => Some(None),
            Err(RecvTimeoutError::Disconnected) => None,
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Start(new) => self.start(*new),
            Message::Stop { arn, error, cause, reply } => self.stop(&arn, error, cause, reply),
            Message::Redrive { arn, reply } => {
                let redriven = self.redrive(&arn);
                self.reply(reply, redriven);
            }
            Message::Answer { token, answer, reply } => {
                let answered = self.answer_token(&token, answer);
                self.reply(reply, answered);
            }
            Message::UpdateMapRun { arn, change, reply } => {
                let updated = self.update_map_run(&arn, change);
                self.reply(reply, updated);
            }
            Message::EndPolls => self.callbacks.end_polls(),
            Message::Poll { activity, worker, reply } => {
                self.callbacks.poll(activity.clone(), worker, reply);
                self.hand_out(&activity);
            }
            Message::Performed { call, event } => self.performed(call, event),
            Message::Dataset { key, event } => self.next.push_back((key, event)),
            Message::CountWaiting { reply } => {
                let working: HashSet<Key> = self.calls.values().map(|(key, _)| *key).collect();
                self.reply(reply, Ok(self.live.len().saturating_sub(working.len())));
            }
            Message::Close => {}
        }
    }

    /// Answers a request when what changed is in the store.
    pub(super) fn reply<T: Send + 'static>(&mut self, to: Reply<T>, answer: Result<T, Refused>) {
        // Whoever asked may be gone.
        self.effects.push(Effect::reply(move || drop(to.send(answer))));
    }

    /// Queues what timers have to say whose time has come.
    fn fire_timers(&mut self) {
        let now = Instant::now();
        while let Some(key) = self.wakes.pop_due(now) {
            if let Some(live) = self.live.get_mut(&key) {
                live.wake = None;
                self.touched.push(key);
            }
        }
        self.look_at_touched();
    }

    /// Tells engines what there is to tell, until there is nothing more or it is time to write.
    fn settle(&mut self) {
        for _ in 0..MOST_TOGETHER {
            let Some((key, event)) = self.next.pop_front() else {
                self.look_at_touched();
                if self.next.is_empty() {
                    return;
                }
                continue;
            };
            self.tell(key, event);
        }
    }

    /// Queues the timers that are due of executions that were told something.
    fn look_at_touched(&mut self) {
        for key in &self.touched {
            let Some(live) = self.live.get_mut(key) else { continue };
            while let Some(timer) = live.pace.pop_due(live.is_idle()) {
                self.next.push_back((*key, Event::TimerFired(timer)));
            }
            let next = live.pace.next();
            if let Some(at) = next.filter(|at| live.wake.is_none_or(|wake| *at < wake)) {
                live.wake = Some(at);
                self.wakes.add(at, *key);
            }
        }
    }

    /// Tells an engine what happened.
    pub(super) fn tell(&mut self, key: Key, event: Event) {
        self.answered(key, &event);
        let Some(live) = self.live.get_mut(&key) else { return };
        let told = Told { event, at: live.now() };
        if live.is_durable() {
            let bytes = journal::write(&Entry::Told(&told));
            self.changes.push(Change::Told { execution: Arc::clone(&live.arn), bytes });
        }
        let mut actions = std::mem::take(&mut self.actions);
        live.execution.handle(told.event, told.at, &mut actions);
        self.note(key, &mut actions);
        self.actions = actions;
    }

    /// Takes a task, or what was read, off the list of what is waited for.
    fn answered(&mut self, key: Key, event: &Event) {
        let Some(live) = self.live.get_mut(&key) else { return };
        match event {
            Event::TaskSucceeded(task, _)
            | Event::TaskFailed { task, .. }
            | Event::TaskSubmitFailed { task, .. } => {
                let asked = live.tasks.remove(task);
                if let Some(token) = asked.and_then(|asked| asked.request.token) {
                    self.callbacks.forget(&token);
                }
            }
            Event::ItemsRead { request, .. }
            | Event::ItemsNotRead { request, .. }
            | Event::ResultsWritten { request, .. }
            | Event::ResultsNotWritten { request, .. } => live.datasets.retain(|id| id != request),
            _ => {}
        }
    }

    /// Takes down what an engine asks for.
    pub(super) fn note(&mut self, key: Key, actions: &mut Vec<Action>) {
        self.touched.push(key);
        let mut ended = Vec::new();
        for action in actions.drain(..) {
            let Some(live) = self.live.get_mut(&key) else { return };
            match action {
                Action::Emit(event) => live.recorded.push(event),
                Action::RunTask(request) => self.run_task(key, request, false),
                Action::CancelTask(task) => {
                    if let Some(asked) = live.tasks.remove(&task) {
                        let (known, arn) = (Arc::clone(&live.known), live.observed.arn.clone());
                        self.cancel(&known, &arn, asked);
                    }
                }
                Action::StartTimer(timer, at) => {
                    let pauses = live.execution.pauses_until(timer);
                    live.pace.start(timer, at, pauses);
                }
                Action::CancelTimer(timer) => live.pace.cancel(timer),
                Action::ReadItems(request) => {
                    live.datasets.push(request.id);
                    self.effects.push(Effect::Dataset(key, Wanted::Read(request)));
                }
                Action::WriteResults(request) => {
                    live.datasets.push(request.id);
                    self.effects.push(Effect::Dataset(key, Wanted::Write(request)));
                }
                Action::ChildEnded(child) => ended.push(*child),
                Action::ShowMapRun(progress) => self.map_run(key, &progress),
                Action::Yield => self.next.push_back((key, Event::Continue)),
                Action::Finish(outcome) => live.outcome = Some(outcome),
            }
        }
        self.children_ended(key, ended);
        self.finish_if_over(key);
    }
}
