//! Sends traces to a collector, from a thread of its own.
//!
//! Whoever drives executions only notes their events, and hands all of a trace over when the execution has ended.
//! If the collector is away or slow, traces are dropped and counted; nobody waits for it.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use faastlane_engine::HistoryEvent;
use faastlane_value::Value;
use ureq::Agent;

use super::spans::spans;
use super::steps::Step;
use super::{Traced, TracerSettings, otlp};
use crate::telemetry::{Field, Level, Log, Metrics};

/// Spans of one request.
const BATCH_SPANS: usize = 512;
/// How long spans wait for others to be sent with them.
const BATCH_TIME: Duration = Duration::from_secs(1);
/// How long a collector may take. `OTEL_EXPORTER_OTLP_TIMEOUT` has 10 s.
const PATIENCE: Duration = Duration::from_secs(10);
/// Events of executions, running or ended, that are held at most. One takes some 80 bytes.
const HELD_EVENTS: usize = 400_000;
/// Traces that wait to be sent.
const WAITING_TRACES: usize = 8192;

/// What notes the events of executions, and sends them as traces.
pub struct Tracer {
    ratio: f64,
    open: Mutex<HashMap<String, Vec<Step>>>,
    held: Arc<AtomicUsize>,
    metrics: Arc<Metrics>,
    ended: Option<SyncSender<Ended>>,
    thread: Option<JoinHandle<()>>,
}

/// All that is known of an execution that has ended.
struct Ended {
    arn: String,
    machine_arn: String,
    trace_header: Option<String>,
    started: i64,
    steps: Vec<Step>,
}

impl Tracer {
    /// Starts the thread that sends.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn new(settings: TracerSettings, metrics: Arc<Metrics>, log: Log) -> io::Result<Self> {
        let (ended, waiting) = sync_channel(WAITING_TRACES);
        let held = Arc::new(AtomicUsize::new(0));
        let ratio = settings.ratio;
        let config = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            // What a user has set for the world outside does not hold for a collector of his.
            .proxy(None);
        let exporter = Exporter {
            agent: config.build().new_agent(),
            settings,
            metrics: metrics.clone(),
            log,
            held: held.clone(),
            is_away: false,
        };
        let thread = thread::Builder::new()
            .name("traces".to_owned())
            .spawn(move || exporter.run(&waiting))?;
        let (ended, thread) = (Some(ended), Some(thread));
        Ok(Self { ratio, open: Mutex::default(), held, metrics, ended, thread })
    }

    /// Whether the trace of an execution is kept: as its header says, or else as often as is set.
    #[must_use]
    pub fn keeps(&self, traced: &Traced<'_>) -> bool {
        let context = traced.context();
        context.sampled.unwrap_or_else(|| {
            // As OpenTelemetry's `TraceIdRatioBased`: by the last half of the id, the same everywhere.
            let drawn = (context.trace & u128::from(u64::MAX)) >> 1;
            #[expect(clippy::cast_precision_loss, reason = "a share need not be exact")]
            let share = drawn as f64 / (1_u64 << 63) as f64;
            share < self.ratio
        })
    }

    /// Notes what was recorded of an execution, in order.
    pub fn recorded(&self, traced: &Traced<'_>, events: &[HistoryEvent]) {
        if events.is_empty() || !self.keeps(traced) {
            return;
        }
        // Beyond what can be held, traces lack their ends rather than the server its memory.
        if self.held.fetch_add(events.len(), Ordering::Relaxed) > HELD_EVENTS {
            self.held.fetch_sub(events.len(), Ordering::Relaxed);
            return;
        }
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let steps = events.iter().map(Step::of);
        match open.get_mut(traced.arn) {
            Some(noted) => noted.extend(steps),
            None => drop(open.insert(traced.arn.to_owned(), steps.collect())),
        }
    }

    /// Hands over the trace of an execution that has ended, its last events included.
    pub fn ended(&self, traced: &Traced<'_>) {
        let noted = self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(traced.arn);
        let Some(steps) = noted else { return };
        let count = steps.len();
        let ended = Ended {
            arn: traced.arn.to_owned(),
            machine_arn: traced.machine_arn.to_owned(),
            trace_header: traced.trace_header.map(str::to_owned),
            started: traced.started,
            steps,
        };
        let is_taken = self.ended.as_ref().is_some_and(|sender| sender.try_send(ended).is_ok());
        if !is_taken {
            self.held.fetch_sub(count, Ordering::Relaxed);
            self.metrics.spans_dropped(count as u64);
        }
    }
}

impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracer").field("ratio", &self.ratio).finish_non_exhaustive()
    }
}

/// Waits until what was handed over has been sent, for as long as one request may take.
impl Drop for Tracer {
    fn drop(&mut self) {
        self.ended = None;
        if let Some(thread) = self.thread.take() {
            // Nothing depends on how it ended.
            let _ = thread.join();
        }
    }
}

/// The thread's side.
struct Exporter {
    agent: Agent,
    settings: TracerSettings,
    metrics: Arc<Metrics>,
    log: Log,
    held: Arc<AtomicUsize>,
    /// Whether the last request has failed.
    is_away: bool,
}

impl Exporter {
    fn run(mut self, waiting: &Receiver<Ended>) {
        let mut batch = Vec::new();
        let mut due = Instant::now();
        loop {
            let patience = match batch.is_empty() {
                true => Duration::from_secs(3600),
                false => due.saturating_duration_since(Instant::now()),
            };
            match waiting.recv_timeout(patience) {
                Ok(ended) => {
                    if batch.is_empty() {
                        due = Instant::now() + BATCH_TIME;
                    }
                    self.add(&ended, &mut batch);
                    if batch.len() < BATCH_SPANS && Instant::now() < due {
                        continue;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.send_all(batch),
            }
            self.send_all(std::mem::take(&mut batch));
        }
    }

    fn add(&self, ended: &Ended, batch: &mut Vec<Value>) {
        let Ended { arn, machine_arn, trace_header, started, steps } = ended;
        let trace_header = trace_header.as_deref();
        let traced = Traced { arn, machine_arn, trace_header, started: *started };
        batch.extend(spans(&traced, steps).iter().map(|span| otlp::span(&traced, span)));
        self.held.fetch_sub(steps.len(), Ordering::Relaxed);
    }

    /// Sends spans, a request for each batch. After one that fails the others are dropped: the collector is away.
    fn send_all(&mut self, mut spans: Vec<Value>) {
        while !spans.is_empty() {
            let rest = spans.split_off(spans.len().min(BATCH_SPANS));
            let count = spans.len();
            let dropped = match self.send(spans) {
                Ok(()) => {
                    self.told(None);
                    0
                }
                Err(problem) => {
                    self.told(Some(&problem));
                    count + rest.len()
                }
            };
            self.metrics.spans_dropped(dropped as u64);
            spans = if dropped > 0 { Vec::new() } else { rest };
        }
    }

    fn send(&self, spans: Vec<Value>) -> Result<(), String> {
        let body = otlp::request(&self.settings.resource, spans).to_json();
        let mut request =
            self.agent.post(&self.settings.url).header("content-type", "application/json");
        for (name, value) in &self.settings.headers {
            request = request.header(name, value);
        }
        request.send(body).map(drop).map_err(|error| error.to_string())
    }

    /// Tells the log when the collector goes and when it comes back, and not each time.
    fn told(&mut self, problem: Option<&str>) {
        let is_news = self.is_away != problem.is_some();
        self.is_away = problem.is_some();
        match problem {
            Some(problem) if is_news => {
                let fields =
                    [("url", Field::Text(&self.settings.url)), ("problem", Field::Text(problem))];
                self.log.write(
                    Level::Warn,
                    "traces are dropped: the collector does not take them",
                    &fields,
                );
            }
            None if is_news => self.log.write(Level::Info, "traces are taken again", &[]),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    use faastlane_engine::{EventKind, Time};

    use super::*;

    const TRACED: Traced<'_> =
        Traced { arn: "e", machine_arn: "m", trace_header: None, started: 0 };

    fn tracer(url: String, metrics: &Arc<Metrics>) -> Tracer {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let settings = TracerSettings {
            url,
            headers: vec![pair("api-key", "k")],
            resource: vec![pair("service.name", "s")],
            ratio: 1.0,
        };
        Tracer::new(settings, metrics.clone(), Log::silent()).unwrap()
    }

    fn run(tracer: &Tracer, traced: &Traced<'_>) {
        let kind = EventKind::ExecutionSucceeded { output: Value::from("secret").into() };
        tracer.recorded(traced, &[HistoryEvent { id: 1, previous_id: 0, time: Time(5), kind }]);
        tracer.ended(traced);
    }

    /// A request with its body.
    fn read(mut stream: TcpStream) -> String {
        let mut text = String::new();
        let mut buffer = [0; 4096];
        loop {
            let count = stream.read(&mut buffer).unwrap();
            text.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
            if count == 0 || text.ends_with("]}") {
                break;
            }
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").unwrap();
        text
    }

    #[test]
    fn a_collector_gets_what_ended_before_the_end() {
        let collector = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1/traces", collector.local_addr().unwrap());
        let received = thread::spawn(move || read(collector.accept().unwrap().0));
        let metrics = Arc::new(Metrics::default());
        let tracer = tracer(url, &metrics);
        run(&tracer, &TRACED);
        let unwanted = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0";
        run(&tracer, &Traced { arn: "other", trace_header: Some(unwanted), ..TRACED });
        assert!(tracer.open.lock().unwrap().is_empty());
        drop(tracer);
        let request = received.join().unwrap();
        assert!(request.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{request}");
        assert!(
            request.contains("api-key: k\r\n") && request.contains("application/json"),
            "{request}"
        );
        assert!(request.contains("\"SUCCEEDED\"") && !request.contains("secret"), "{request}");
        assert_eq!(request.matches("spanId").count(), 1);
    }

    #[test]
    fn without_a_collector_traces_are_dropped_and_counted() {
        // Nobody listens at a port that was given back.
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let metrics = Arc::new(Metrics::default());
        let tracer = tracer(format!("http://{free}/"), &metrics);
        let held = tracer.held.clone();
        (0..5).for_each(|_| run(&tracer, &TRACED));
        drop(tracer);
        assert_eq!(held.load(Ordering::Relaxed), 0);
        let text = metrics.to_text(0, None, 0);
        assert!(text.contains("faastlane_spans_dropped_total 5\n"), "{text}");
    }

    #[test]
    fn a_part_of_the_traces_is_kept() {
        let metrics = Arc::new(Metrics::default());
        let mut tracer = tracer("http://127.0.0.1:1/".to_owned(), &metrics);
        let kept = |tracer: &Tracer| {
            let arns: Vec<String> = (0..1000).map(|number| number.to_string()).collect();
            arns.iter().filter(|arn| tracer.keeps(&Traced { arn, ..TRACED })).count()
        };
        assert_eq!(kept(&tracer), 1000);
        tracer.ratio = 0.25;
        assert!((200..300).contains(&kept(&tracer)), "{}", kept(&tracer));
        let sampled = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1";
        assert!(tracer.keeps(&Traced { trace_header: Some(sampled), ..TRACED }));
    }
}
