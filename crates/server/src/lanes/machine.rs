//! The lanes of one state machine.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use faastlane_container::process::{Calls, Executor, Job, MakeSetup};
use faastlane_container::{Error, Observer};
use faastlane_engine::{Event, Outcome, TaskRequest};

use super::{Listener, Options, pass_on};

/// The error of a task whose call cannot be made. Definitions retry it.
const UNAVAILABLE: &str = "Lambda.ServiceException";

/// The lanes of one state machine. What it is told is done by other threads.
pub struct MachineLanes {
    options: Options,
    make: Box<dyn Fn() -> MakeSetup + Send + Sync>,
    listener: Arc<dyn Listener>,
    started: Mutex<Started>,
}

/// What there is of them.
#[derive(Debug, Default)]
struct Started {
    calls: Option<Arc<Calls>>,
    executor: Option<Arc<Executor>>,
}

impl std::fmt::Debug for MachineLanes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MachineLanes").finish_non_exhaustive()
    }
}

impl MachineLanes {
    pub(super) fn new(
        options: Options,
        make: Box<dyn Fn() -> MakeSetup + Send + Sync>,
        listener: Arc<dyn Listener>,
    ) -> Self {
        Self { options, make, listener, started: Mutex::default() }
    }

    /// Makes the call of a task, whose number is no other call's; the listener is told of its end. A result
    /// whose JSON text is longer than `size_limit`, in bytes, is none.
    pub fn perform(
        &self,
        number: u64,
        request: TaskRequest,
        size_limit: Option<usize>,
        trace_id: Option<String>,
    ) {
        let (task, detached) = (request.task, request.detached);
        let calls = self.calls();
        let asked = calls.and_then(|calls| calls.perform(number, request, size_limit, trace_id));
        if let Err(error) = asked {
            let cause = Some(error.to_string().into());
            let failed = Event::TaskFailed { task, error: UNAVAILABLE.into(), cause };
            self.listener.performed(number, (!detached).then_some(failed));
        }
    }

    /// Nobody waits for this call any more. Its end may be told all the same, if it is on its way.
    pub fn cancel(&self, number: u64) {
        let calls = self.lock().calls.clone();
        if let Some(calls) = calls {
            // Without a thread nothing is called, and nothing is to be cancelled.
            let _ = calls.cancel(number);
        }
    }

    /// Runs an execution from beginning to end; `done` is called at its end, by a thread that runs others.
    pub fn execute(
        &self,
        job: Job,
        observer: impl Observer + Send + 'static,
        done: impl FnOnce(Result<Outcome, Error>) + Send + 'static,
    ) {
        // It is called here or there.
        let done = Arc::new(Mutex::new(Some(done)));
        let take =
            |done: &Mutex<Option<_>>| done.lock().unwrap_or_else(PoisonError::into_inner).take();
        let asked = self.executor().and_then(|executor| {
            let done = Arc::clone(&done);
            let tell = move |result| {
                if let Some(done) = take(&done) {
                    done(result);
                }
            };
            executor.submit(job, observer, tell)
        });
        if let Err(error) = asked
            && let Some(done) = take(&done)
        {
            done(Err(error));
        }
    }

    /// Has them end, which is not waited for.
    pub(super) fn close(&self) {
        let started = self.lock();
        started.calls.iter().for_each(|calls| calls.close());
        started.executor.iter().for_each(|executor| executor.close());
    }

    /// Ends them.
    pub(super) fn end(&self) {
        let Started { calls, executor } = std::mem::take(&mut *self.lock());
        calls.iter().for_each(|calls| calls.end());
        executor.iter().for_each(|executor| executor.end());
    }

    fn calls(&self) -> Result<Arc<Calls>, Error> {
        let mut started = self.lock();
        if let Some(calls) = &started.calls {
            return Ok(Arc::clone(calls));
        }
        let Options { program, idle, .. } = self.options.clone();
        let listener = Arc::clone(&self.listener);
        let answered = move |answer| pass_on(answer, listener.as_ref());
        let calls = Arc::new(Calls::new(program, (self.make)(), idle, answered)?);
        started.calls = Some(Arc::clone(&calls));
        Ok(calls)
    }

    fn executor(&self) -> Result<Arc<Executor>, Error> {
        let mut started = self.lock();
        if let Some(executor) = &started.executor {
            return Ok(Arc::clone(executor));
        }
        let Options { program, limits, idle } = self.options.clone();
        let executor = Arc::new(Executor::new(program, (self.make)(), limits, idle)?);
        started.executor = Some(Arc::clone(&executor));
        Ok(executor)
    }

    /// It is never left half changed, so a panic elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, Started> {
        self.started.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
