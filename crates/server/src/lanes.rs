//! The lanes of the server: for each state machine a process of its own, and for each function that is
//! invoked by itself.
//!
//! Functions of two machines never share a process. A machine has two kinds of them, started when they
//! are first needed and ended when nothing has needed them for a while: one that makes single calls,
//! for executions that the server drives ([`Calls`](faastlane_container::process::Calls)), and containers, for executions that run there
//! from beginning to end ([`Executor`](faastlane_container::process::Executor)). Nothing here waits for a function, or for a process.

mod machine;

use std::collections::HashMap;
use std::num::NonZero;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;
use std::time::Duration;

use faastlane_container::Placement;
use faastlane_container::process::{Answer, Limits, Made, MakeSetup, Program};
use faastlane_engine::Event;

pub use machine::MachineLanes;

/// How long a process is kept that nobody needs.
const IDLE: Duration = Duration::from_secs(300);
/// Most executions of a machine that wait for a container.
const WAITING: usize = 10_000;
/// Most containers of a machine, for each processor. Executions that wait for something outside keep
/// theirs meanwhile.
const CONTAINERS: usize = 8;

/// How lanes are started, and for how long they are kept.
#[derive(Debug, Clone)]
pub struct Options {
    /// Starts the process of a container.
    pub program: Program,
    /// How much may run and wait in the containers of one machine.
    pub limits: Limits,
    /// How long a process is kept that nobody needs.
    pub idle: Duration,
}

impl Options {
    /// What suits this machine.
    #[must_use]
    pub fn new(program: Program) -> Self {
        let vcpus = available_parallelism().map_or(1, NonZero::get);
        let containers = CONTAINERS * vcpus;
        let limits = Limits { vcpus, containers, waiting: WAITING, executions: u64::MAX };
        Self { program, limits, idle: IDLE }
    }
}

/// Is told what happens in lanes, by threads of theirs, which do nothing else meanwhile.
pub trait Listener: Send + Sync + 'static {
    /// The call of a task has ended; there is no event if nobody waits for it. It comes before the call
    /// itself is told of.
    fn performed(&self, number: u64, event: Option<Event>);

    /// A function was called, and has failed or not.
    fn called(&self, made: &Made, failed: bool);

    /// A function wrote whole lines to stdout or stderr, perhaps during a call.
    fn wrote(&self, function: &str, number: Option<u64>, text: &str);

    /// A function runs in another lane than was asked for.
    fn placed(&self, function: &str, placement: &Placement);

    /// A process of lanes has died, and how. What can go on does so in another one.
    fn died(&self, reason: &str);
}

/// The lanes of all machines.
pub struct Lanes {
    options: Options,
    listener: Arc<dyn Listener>,
    machines: Mutex<HashMap<i64, Arc<MachineLanes>>>,
}

impl std::fmt::Debug for Lanes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lanes").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Lanes {
    /// No lanes yet.
    #[must_use]
    pub fn new(options: Options, listener: Arc<dyn Listener>) -> Self {
        Self { options, listener, machines: Mutex::default() }
    }

    /// The lanes of the machine with this key, such as the number of its revision. Of a new one, `make`
    /// says how to make what they hold: that is called when they are first needed, on a thread of theirs,
    /// and again if it has failed.
    pub fn for_machine(
        &self,
        key: i64,
        make: impl Fn() -> MakeSetup + Send + Sync + 'static,
    ) -> Arc<MachineLanes> {
        let mut machines = self.lock();
        let lanes = machines.entry(key).or_insert_with(|| {
            let listener = Arc::clone(&self.listener);
            Arc::new(MachineLanes::new(self.options.clone(), Box::new(make), listener))
        });
        Arc::clone(lanes)
    }

    /// The lanes of a machine, if it has any.
    #[must_use]
    pub fn of_machine(&self, key: i64) -> Option<Arc<MachineLanes>> {
        self.lock().get(&key).map(Arc::clone)
    }

    /// Forgets the lanes of all machines: their functions have changed. What runs in them comes to its end.
    pub fn forget(&self) {
        self.lock().clear();
    }

    /// Ends all lanes, and waits for that. What runs there is lost; executions that are to be finished
    /// must have been waited for before.
    pub fn end(&self) {
        let machines = std::mem::take(&mut *self.lock());
        machines.values().for_each(|lanes| lanes.close());
        machines.values().for_each(|lanes| lanes.end());
    }

    /// A map is never left half changed, so a panic elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, HashMap<i64, Arc<MachineLanes>>> {
        self.machines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells a listener what calls have to say, but for what is the caller's: how an invocation ended.
pub(crate) fn pass_on(answer: Answer, listener: &dyn Listener) {
    match answer {
        Answer::Performed { number, event, made } => {
            let failed = matches!(event, Some(Event::TaskFailed { .. }));
            listener.performed(number, event);
            if let Some(made) = made {
                listener.called(&made, failed);
            }
        }
        Answer::Invoked { invoked, .. } => {
            if let Some(made) = &invoked.made {
                listener.called(made, invoked.result.is_err());
            }
        }
        Answer::Wrote { function, number, text } => listener.wrote(&function, number, &text),
        Answer::Placed { function, placement } => listener.placed(&function, &placement),
        Answer::Died { reason } => listener.died(&reason),
    }
}
