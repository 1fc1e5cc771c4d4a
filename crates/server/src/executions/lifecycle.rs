//! How executions begin and end.

use std::sync::Arc;

use faastlane_asl::Kind;
use faastlane_container::Pace;
use faastlane_engine::{Event, Execution, Time};
use faastlane_store::{NAME_TAKEN, Status};
use faastlane_value::ArcStr;
use tokio::sync::oneshot;

use super::Refused;
use super::driver::Driver;
use super::effects::Effect;
use super::handle::{Started, SyncOutcome};
use super::journal;
use super::live::{Key, Live};
use super::new::New;

impl Driver {
    /// Starts an execution, or says that there is one of that name.
    pub(super) fn start(&mut self, mut new: New) {
        let reply = new.reply.take();
        let started = match self.same_name(&new) {
            Ok(None) => {
                let arn = new.begin.execution_arn.to_string();
                let at = self.now();
                self.begin(new, at);
                Ok(Started { arn, start_date: at.0 })
            }
            Ok(Some(started)) => Ok(started),
            Err(refused) => Err(refused),
        };
        if let Some(reply) = reply {
            self.reply(reply, started);
        }
    }

    /// The execution that has the name of a new one, if it is as good as that: it runs, with the same input.
    pub(super) fn same_name(&mut self, new: &New) -> Result<Option<Started>, Refused> {
        if !new.is_named || new.known.runnable.express {
            return Ok(None);
        }
        let arn = &new.begin.execution_arn;
        if self.by_arn.contains_key(arn) {
            // It may have begun a moment ago.
            self.commit();
        }
        let known =
            self.store.execution(arn).map_err(|error| Refused::Unusable(error.to_string()))?;
        let now = self.now().0;
        let is_free = |stopped: i64| now.saturating_sub(stopped) > NAME_TAKEN;
        match known {
            None => Ok(None),
            Some(known) if known.stopped.is_some_and(is_free) => Ok(None),
            Some(known) if known.status == Status::Running && known.input == new.input => {
                Ok(Some(Started { arn: arn.to_string(), start_date: known.started }))
            }
            Some(_) => Err(Refused::ExecutionAlreadyExists),
        }
    }

    /// The time.
    pub(super) fn now(&self) -> Time {
        Pace::default().now()
    }

    /// Begins an execution.
    pub(super) fn begin(&mut self, new: New, at: Time) {
        if !new.known.runnable.express {
            self.changes.push(journal::started(&new, at));
        }
        let mut actions = std::mem::take(&mut self.actions);
        let machine = Arc::clone(&new.known.machine);
        let execution = Execution::start(machine, new.begin.clone(), at, &mut actions);
        let trace_header = new.trace_header.map(ArcStr::from);
        let pace = Pace::new(self.settings.wait_scale, None);
        let mut live = Live::new(new.known, new.begin, at, trace_header, execution, pace);
        live.mocks = new.mocks;
        live.parent = new.parent;
        live.on_end = new.on_end;
        self.settings.observer.started(&live.observed);
        let key = self.adopt(live);
        self.note(key, &mut actions);
        self.actions = actions;
    }

    /// Takes an execution in.
    pub(super) fn adopt(&mut self, live: Live) -> Key {
        self.last_key += 1;
        self.by_arn.insert(live.observed.arn.clone(), self.last_key);
        self.live.insert(self.last_key, live);
        self.last_key
    }

    /// Stops an execution, or says when it ended.
    pub(super) fn stop(
        &mut self,
        arn: &ArcStr,
        error: Option<String>,
        cause: Option<String>,
        reply: oneshot::Sender<Result<i64, Refused>>,
    ) {
        let Some(key) = self.by_arn.get(arn).copied() else {
            let ended = match self.store.execution(arn) {
                Ok(Some(known)) => Ok(known.stopped.unwrap_or(known.started)),
                Ok(None) => Err(Refused::ExecutionDoesNotExist),
                Err(error) => Err(Refused::Unusable(error.to_string())),
            };
            return self.reply(reply, ended);
        };
        let now = self.live.get(&key).map_or(Time(0), Live::now);
        let (error, cause) = (error.map(ArcStr::from), cause.map(ArcStr::from));
        self.next.push_back((key, Event::Stop { error, cause }));
        self.reply(reply, Ok(now.0));
    }

    /// Lets go of an execution that has come to its end, and tells those who wait for it.
    pub(super) fn finish_if_over(&mut self, key: Key) {
        let Some(outcome) = self.live.get_mut(&key).and_then(|live| live.outcome.take()) else {
            return;
        };
        let Some(mut live) = self.live.remove(&key) else { return };
        self.by_arn.remove(&live.observed.arn);
        let at = live.now();
        live.flush(&mut self.changes, &mut self.recorded);
        if live.is_durable() {
            self.changes.push(journal::ended(&live.arn, &outcome, at));
        }
        for (_, asked) in live.tasks.drain() {
            self.cancel(&live.known, &live.observed.arn, asked);
        }
        if live.known.machine.states.iter().any(|state| is_distributed(&state.kind)) {
            self.effects.push(Effect::LetGo(key));
        }
        if let Some(parent) = &live.parent {
            self.child_ended(parent, &live, &outcome, at);
        }
        let (observer, observed) = (Arc::clone(&self.settings.observer), live.observed);
        let on_end = live.on_end;
        self.effects.push(Effect::reply(move || {
            let took_ms = at.0.saturating_sub(observed.started.0);
            observer.ended(&observed, journal::status(&outcome), took_ms);
            if let Some(on_end) = on_end {
                // Whoever asked may be gone.
                let _ = on_end.send(SyncOutcome {
                    arn: observed.arn.to_string(),
                    name: observed.name.to_string(),
                    start_date: observed.started,
                    stop_date: at,
                    outcome,
                });
            }
        }));
    }
}

fn is_distributed(kind: &Kind) -> bool {
    matches!(kind, Kind::Map(map) if map.distributed.is_some())
}
