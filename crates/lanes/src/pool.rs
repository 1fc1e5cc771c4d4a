//! The warm workers of all functions, driven by one thread.
//!
//! A call waits in the queue of its function until a worker is free. Workers stay warm between
//! calls and are never shared between functions. `growth.rs` decides when there are more of
//! them, `schedule.rs` gives them calls, `react.rs` handles what they do, `poll.rs` waits.

mod growth;
mod inline;
mod limits;
mod memory;
mod poll;
mod react;
mod schedule;
mod slot;
mod templates;

use std::collections::VecDeque;
use std::num::NonZero;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::environment;
use crate::forked::Template;
use crate::inline::Inline;
use crate::worker::Worker;
use crate::{
    Call, CallId, Error, Event, Function, FunctionIndex, HostProgram, Isolation, LaneKind, Payload,
    Reason, Watch,
};
use growth::Growth;
use poll::Poll;
pub use poll::Waker;
pub(crate) use schedule::A_CENTURY;
use slot::{Place, Slot, State};

/// The largest result that Lambda passes on: 6 MiB and 100 bytes for its own envelope.
pub const LAMBDA_RESPONSE_LIMIT: usize = 6 * 1024 * 1024 + 100;

/// The time that somebody with a debugger has; functions that pass it on get no absurd number.
const DEBUGGING: Duration = Duration::from_hours(24);

/// How a pool behaves.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Options {
    /// Processors to count on: as many workers of a function are started without hesitation.
    pub vcpus: usize,
    /// Most workers of all functions together; there are fewer where memory does not allow them.
    pub max_workers: usize,
    /// How long a call waits for a busy worker before another is started, if a processor is free and
    /// memory allows it.
    pub grow_after: Duration,
    /// How long a module may take to load; after that it is loaded once more within the timeout of
    /// the call that waits for it (Lambda's init phase, 10 s).
    pub init_timeout: Duration,
    /// Largest result in bytes, such as [`LAMBDA_RESPONSE_LIMIT`]; larger ones fail with
    /// `Function.ResponseSizeTooLarge`.
    pub response_limit: Option<usize>,
    /// How functions are kept apart where lanes can be loaded.
    pub isolation: Isolation,
    /// Starts the processes that hold lanes; without it all functions run in portable lanes.
    pub host_program: Option<HostProgram>,
    /// Whether functions may also be loaded into this process and run on the thread of the pool, where
    /// `isolation` lets them share one. Stdout and stderr of the process become their log.
    pub inline: bool,
    /// Whether calls that could run side by side run one after another in this process, where they may.
    /// Without it they get hosts.
    pub one_at_a_time: bool,
    /// Which functions share processes, and what is started early, if somebody has thought about it.
    /// Without it, as many as fit share one, and whatever may be needed is started early.
    pub layout: Option<Layout>,
}

/// Which functions share processes. They are given as indices into those of the pool; those that it
/// does not name share what there is left.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// Those that are loaded into the pool's own process, if any may be.
    pub inline: Vec<usize>,
    /// Groups that each share a template; of one that is too large, as many as fit.
    pub groups: Vec<Vec<usize>>,
    /// Those that need hosts: their templates start before the first call.
    pub hosts: Vec<usize>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            vcpus: std::thread::available_parallelism().map_or(1, NonZero::get),
            max_workers: 256,
            grow_after: Duration::from_millis(2),
            init_timeout: Duration::from_secs(10),
            response_limit: None,
            isolation: Isolation::default(),
            host_program: None,
            inline: false,
            one_at_a_time: false,
            layout: None,
        }
    }
}

/// All workers, and the calls that wait for them. Dropping it ends every worker.
///
/// Keep it on a thread that lives as long as the pool: the kernel ends the workers with the thread
/// that started them.
#[derive(Debug)]
pub struct Pool {
    options: Options,
    lanes: Vec<Lane>,
    slots: Vec<Slot>,
    templates: Vec<Template>,
    /// The lanes of this process.
    inline: Option<Inline>,
    /// Whether [`Pool::prepare`] has been called.
    is_prepared: bool,
    poll: Poll,
    /// Reported by the next [`Pool::wait`].
    events: Vec<Event>,
    /// Calls in all queues together.
    queued: usize,
    /// Workers that are not about to end.
    alive: usize,
    started: u64,
    growth: Growth,
    /// When the memory of workers was last looked at.
    seen: limits::Seen,
    scratch: Box<[u8]>,
    watch: Option<Box<dyn Watch>>,
}

/// A function with its queue and the counts of its workers.
#[derive(Debug)]
struct Lane {
    function: Function,
    environment: Vec<(String, String)>,
    /// Where its hosts come from; without a template it has portable workers.
    template: Option<usize>,
    /// Why that is so.
    reason: Reason,
    /// How long loading it may take.
    init_timeout: Duration,
    /// Most workers it may have.
    max_workers: usize,
    queue: VecDeque<Queued>,
    /// Free workers; the last one was busy most recently and is taken first, its caches are warm.
    idle: Vec<Place>,
    /// Workers that are not about to end.
    workers: usize,
    /// Those of them that load the module and have no call of their own yet.
    starting: usize,
    /// When to look whether the calls that wait need another worker.
    grow_at: Option<Instant>,
    /// No further workers before this: the system has refused one.
    refused_until: Option<Instant>,
}

#[derive(Debug, Clone)]
struct Queued {
    call: Call,
    since: Instant,
    /// The module is to be loaded, and nothing to be called.
    only_load: bool,
}

impl Pool {
    /// A pool without workers; the first call of a function starts one. Inline lanes are loaded now.
    pub fn new(functions: Vec<Function>, mut options: Options) -> Result<Pool, Error> {
        // Whoever asks for it first reads a file that is closed to a process that is locked down.
        let _ = rustix::param::page_size();
        options.vcpus = options.vcpus.max(1);
        options.max_workers = options.max_workers.max(1);
        let lane = |function| Lane::new(function, options.init_timeout);
        let mut lanes: Vec<_> = functions.into_iter().map(lane).collect();
        let templates = templates::assign(&mut lanes, &options);
        let events = lanes.iter().enumerate().filter_map(|(index, lane)| lane.placed(index));
        let events = events.collect();
        let mut pool = Pool {
            options,
            lanes,
            slots: Vec::new(),
            templates,
            inline: None,
            is_prepared: false,
            poll: Poll::new()?,
            events,
            queued: 0,
            alive: 0,
            started: 0,
            growth: Growth::new(),
            seen: limits::Seen::now(),
            scratch: vec![0; 64 * 1024].into_boxed_slice(),
            watch: None,
        };
        if pool.options.inline && pool.options.isolation != Isolation::Process {
            pool.load_inline()?;
        }
        Ok(pool)
    }

    /// Whom to tell what the pool is about to do.
    pub fn set_watch(&mut self, watch: Box<dyn Watch>) {
        self.watch = Some(watch);
    }

    /// Hands the call to a free worker, or queues it. Never blocks on a function; one that is to run
    /// inline runs in [`Pool::wait`].
    ///
    /// # Panics
    /// If the function is not one of those given to [`Pool::new`].
    pub fn call(&mut self, call: Call) {
        self.enqueue(call, false);
    }

    /// Has the function's module loaded, if no worker has loaded it. Its end is reported like that
    /// of a call, with `null` for a result.
    ///
    /// # Panics
    /// As [`Pool::call`] does.
    pub fn load(&mut self, id: CallId, function: FunctionIndex) {
        let request_id = String::new();
        let payload = Payload::Text(Vec::new());
        let (client_context, trace_id) = (None, None);
        let call = Call { id, function, payload, request_id, client_context, trace_id };
        self.enqueue(call, true);
    }

    fn enqueue(&mut self, call: Call, only_load: bool) {
        let FunctionIndex(lane) = call.function;
        let now = Instant::now();
        if only_load && self.may_run_inline(lane) {
            return self.report_loaded(call.id, now);
        }
        self.lanes[lane].queue.push_back(Queued { call, since: now, only_load });
        self.queued += 1;
        if !self.may_run_inline(lane) {
            self.schedule(lane, now);
        }
    }

    /// Whether a call that has not ended was given to a worker.
    #[must_use]
    pub fn has_begun(&self, id: CallId) -> bool {
        self.slots.iter().any(|slot| slot.runs(id) && !matches!(slot.state, State::StartingFor(_)))
    }

    /// Forgets a call: takes it from its queue, or kills the worker that runs it. No event of it
    /// is reported from now on. Unknown and finished calls are ignored.
    pub fn cancel(&mut self, id: CallId) {
        for lane in &mut self.lanes {
            if let Some(at) = lane.queue.iter().position(|queued| queued.call.id == id) {
                lane.queue.remove(at);
                self.queued -= 1;
                return;
            }
        }
        let unreported =
            |event: &Event| !matches!(event, Event::Finished { id: other, .. } if *other == id);
        self.events.retain(unreported);
        if let Some(place) = self.slots.iter().position(|slot| slot.runs(id)) {
            self.end(place);
        }
    }

    /// Ends all workers: what functions keep between calls is gone, but for those in this process.
    pub fn forget(&mut self) {
        (0..self.slots.len()).for_each(|place| self.end(place));
    }

    /// Whether a lane of this process has ended, by a fault for example: memory that the lanes share
    /// may have been in its hands.
    #[must_use]
    pub fn is_worn(&self) -> bool {
        self.inline.as_ref().is_some_and(Inline::has_lost_a_lane)
    }

    /// Blocks until something is to be reported, `until` has passed, or the waker was woken, and
    /// appends what is to be reported to `events`.
    pub fn wait(&mut self, until: Option<Instant>, events: &mut Vec<Event>) -> Result<(), Error> {
        loop {
            if !self.events.is_empty() {
                events.append(&mut self.events);
                return Ok(());
            }
            if self.run_inline(until) {
                continue;
            }
            if self.inline.is_some() {
                self.schedule_waiting(Instant::now());
            }
            let deadline = [until, self.next_deadline()].into_iter().flatten().min();
            self.tell(|watch| watch.rests(deadline));
            let woken = self.poll_once(deadline)?;
            self.tell(|watch| watch.goes_on());
            if woken {
                self.report_inline_log(None, false);
            }
            let now = Instant::now();
            self.expire(now);
            self.enforce_limits(now);
            self.schedule_waiting(now);
            if self.events.is_empty() && (woken || until.is_some_and(|until| until <= now)) {
                return Ok(());
            }
        }
    }

    fn tell(&mut self, what: impl FnOnce(&mut dyn Watch)) {
        if let Some(watch) = &mut self.watch {
            what(watch.as_mut());
        }
    }

    /// In which kind of lane each function runs, and why. It changes when a function turns out not
    /// to fit.
    pub fn lanes(&self) -> Vec<(FunctionIndex, LaneKind, Reason)> {
        let lanes = self.lanes.iter().enumerate();
        let choice = |(index, lane): (usize, &Lane)| {
            (FunctionIndex(index), self.kind(index), lane.reason.clone())
        };
        lanes.map(choice).collect()
    }

    fn kind(&self, function: usize) -> LaneKind {
        match self.may_run_inline(function) {
            true => LaneKind::Thread,
            false => self.lanes[function].kind(),
        }
    }

    /// Something that ends a [`Pool::wait`] from another thread or a signal handler's thread.
    pub fn waker(&self) -> Waker {
        self.poll.waker()
    }

    /// From now on [`Pool::wait`] also returns when there is something to read from `descriptor`, as often
    /// as it is called; until that is closed.
    ///
    /// # Errors
    /// The kernel cannot wait for it.
    pub fn wait_also_for(&self, descriptor: impl AsFd) -> Result<(), Error> {
        Ok(self.poll.add_waker(descriptor)?)
    }

    /// One of the functions given to [`Pool::new`].
    ///
    /// # Panics
    /// If it is not one of them.
    #[must_use]
    pub fn function(&self, function: FunctionIndex) -> &Function {
        &self.lanes[function.0].function
    }

    /// How many workers have been started so far.
    pub fn workers_started(&self) -> u64 {
        self.started
    }

    /// How many workers there are now, those that are about to end not counted.
    pub fn workers_alive(&self) -> usize {
        self.alive
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // All first, so that none of them goes on while another is waited for.
        (0..self.slots.len()).for_each(|place| self.kill(place));
        self.end_templates();
        for slot in &mut self.slots {
            if let Some(Worker::Portable(worker)) = slot.worker.take() {
                // It can only fail for a process that has been waited for already.
                let _ = worker.process.reap();
            }
        }
    }
}

impl Lane {
    fn new(mut function: Function, init_timeout: Duration) -> Lane {
        function.code_root = absolute(&function.code_root);
        function.layers = function.layers.iter().map(|layer| absolute(layer)).collect();
        if function.python.components().count() > 1 {
            function.python = absolute(&function.python);
        }
        let is_debugged = function.debug.is_some();
        if is_debugged {
            function.timeout = DEBUGGING;
        }
        Lane {
            environment: environment::variables(&function),
            template: None,
            reason: Reason::Asked,
            init_timeout: if is_debugged { DEBUGGING } else { init_timeout },
            max_workers: if is_debugged { 1 } else { usize::MAX },
            function,
            queue: VecDeque::new(),
            idle: Vec::new(),
            workers: 0,
            starting: 0,
            grow_at: None,
            refused_until: None,
        }
    }
}

impl Lane {
    /// The kind of its workers.
    fn kind(&self) -> LaneKind {
        self.template.map_or(LaneKind::Portable, |_| LaneKind::Forked)
    }

    /// The event that says where it runs, if that is not as the user asked.
    fn placed(&self, index: usize) -> Option<Event> {
        let as_asked = matches!(self.reason, Reason::Asked | Reason::Debugged);
        let (function, kind, reason) = (FunctionIndex(index), self.kind(), self.reason.clone());
        (!as_asked).then_some(Event::Placed { function, kind, reason })
    }
}

/// The worker has another working directory than we have.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
