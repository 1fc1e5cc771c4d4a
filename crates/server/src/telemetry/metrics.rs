//! Counts and times of what the server does, for Prometheus.
//!
//! Each label has few values that are known here, so a metric is an array of atomics: counting takes no lock, and
//! no client can make more series. A metrics library would find each series by its labels' texts.

mod page;

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use page::{Histogram, Page};

/// Endpoints that are no operations.
const OTHERS: [&str; 4] = ["Invoke", "healthz", "metrics", "other"];
/// Statuses that the server answers with; others are counted with the last of their hundred.
const STATUSES: [u16; 14] = [200, 202, 204, 400, 403, 404, 405, 409, 413, 415, 429, 499, 500, 503];

/// `STANDARD` or `EXPRESS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are those of the API")]
pub enum ExecutionKind {
    Standard,
    Express,
}

/// How an execution ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are those of the API")]
pub enum ExecutionStatus {
    Succeeded,
    Failed,
    TimedOut,
    Aborted,
}

/// What came of a task's call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are what they say")]
pub enum TaskOutcome {
    Succeeded,
    Failed,
}

const KINDS: [&str; 2] = ["STANDARD", "EXPRESS"];
const ENDS: [&str; 4] = ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"];
const OUTCOMES: [&str; 2] = ["succeeded", "failed"];

/// All counts and times. Shared by reference; counting never waits.
#[derive(Debug)]
pub struct Metrics {
    began: SystemTime,
    /// Operations, and then the other endpoints.
    requests: Vec<Requests>,
    started: [AtomicU64; 2],
    ended: [[AtomicU64; 4]; 2],
    running: [AtomicI64; 2],
    tasks: [AtomicU64; 2],
    commits: Histogram,
    spans_dropped: AtomicU64,
}

/// Requests of one endpoint.
#[derive(Debug)]
struct Requests {
    endpoint: &'static str,
    by_status: [AtomicU64; STATUSES.len()],
    seconds: Histogram,
}

impl Default for Metrics {
    fn default() -> Self {
        let endpoints = faastlane_api::operations().chain(OTHERS);
        let requests = endpoints.map(|endpoint| Requests {
            endpoint,
            by_status: Default::default(),
            seconds: Histogram::default(),
        });
        Self {
            began: SystemTime::now(),
            requests: requests.collect(),
            started: Default::default(),
            ended: Default::default(),
            running: Default::default(),
            tasks: Default::default(),
            commits: Histogram::default(),
            spans_dropped: AtomicU64::new(0),
        }
    }
}

impl Metrics {
    /// A request was answered. `endpoint` is an operation, `Invoke`, `healthz` or `metrics`.
    pub(crate) fn request(&self, endpoint: &str, status: u16, took: Duration) {
        let requests = self.requests.iter().find(|requests| requests.endpoint == endpoint);
        let Some(requests) = requests.or(self.requests.last()) else { return };
        let known = STATUSES.iter().position(|known| *known == status);
        let of_hundred = || STATUSES.iter().rposition(|known| known / 100 == status / 100);
        let status = known.or_else(of_hundred).unwrap_or(STATUSES.len() - 1);
        requests.by_status[status].fetch_add(1, Ordering::Relaxed);
        requests.seconds.observe(took);
    }

    /// An execution was started.
    pub fn execution_started(&self, kind: ExecutionKind) {
        self.started[kind as usize].fetch_add(1, Ordering::Relaxed);
        self.execution_resumed(kind);
    }

    /// An execution runs again, after a restart or a redrive.
    pub fn execution_resumed(&self, kind: ExecutionKind) {
        self.running[kind as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// An execution that was started or resumed has ended.
    pub fn execution_ended(&self, kind: ExecutionKind, status: ExecutionStatus) {
        self.ended[kind as usize][status as usize].fetch_add(1, Ordering::Relaxed);
        self.running[kind as usize].fetch_sub(1, Ordering::Relaxed);
    }

    /// A call of a task has ended.
    pub fn task_ended(&self, outcome: TaskOutcome) {
        self.tasks[outcome as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// The store has committed a transaction.
    pub fn committed(&self, took: Duration) {
        self.commits.observe(took);
    }

    /// Spans that no collector took.
    pub fn spans_dropped(&self, spans: u64) {
        self.spans_dropped.fetch_add(spans, Ordering::Relaxed);
    }

    /// All of it in Prometheus' text format, version 0.0.4. What has never happened has no series, but for
    /// executions and tasks. The arguments are what others know: open connections, executions that wait, lines of
    /// the log that were dropped.
    pub(crate) fn to_text(
        &self,
        connections: usize,
        waiting: Option<usize>,
        log_lines_dropped: u64,
    ) -> String {
        let mut page = Page::default();
        self.requests_to(&mut page);
        self.executions_to(&mut page);
        if let Some(waiting) = waiting {
            page.single(
                "faastlane_executions_waiting",
                "gauge",
                "Executions that wait for a timer, a token or an activity only.",
                waiting,
            );
        }
        page.family("faastlane_tasks_total", "counter", "Calls of tasks that have ended.");
        for (outcome, count) in OUTCOMES.iter().zip(&self.tasks) {
            page.sample("", &[("outcome", outcome)], load(count));
        }
        if let Some(processes) = processes() {
            let help = "Processes of containers, lanes and functions.";
            page.single("faastlane_lane_processes", "gauge", help, processes);
        }
        page.family(
            "faastlane_commit_duration_seconds",
            "histogram",
            "Time of the store's transactions.",
        );
        page.histogram(&[], &self.commits);
        page.single("faastlane_connections", "gauge", "Open connections.", connections);
        page.single(
            "faastlane_log_lines_dropped_total",
            "counter",
            "Lines of the log that nobody took in time.",
            log_lines_dropped,
        );
        page.single(
            "faastlane_spans_dropped_total",
            "counter",
            "Spans that no collector took.",
            load(&self.spans_dropped),
        );
        self.process_to(&mut page);
        page.text()
    }

    fn requests_to(&self, page: &mut Page) {
        page.family("faastlane_requests_total", "counter", "Requests that were answered.");
        for Requests { endpoint, by_status, .. } in &self.requests {
            for (status, count) in STATUSES.iter().zip(by_status) {
                let count = load(count);
                if count > 0 {
                    let labels = [("operation", *endpoint), ("status", &status.to_string())];
                    page.sample("", &labels, count);
                }
            }
        }
        page.family(
            "faastlane_request_duration_seconds",
            "histogram",
            "Time from a request's headers to its answer.",
        );
        for Requests { endpoint, seconds, .. } in &self.requests {
            if seconds.count() > 0 {
                page.histogram(&[("operation", endpoint)], seconds);
            }
        }
    }

    fn executions_to(&self, page: &mut Page) {
        page.family("faastlane_executions_started_total", "counter", "Executions started.");
        for (kind, count) in KINDS.iter().zip(&self.started) {
            page.sample("", &[("kind", kind)], load(count));
        }
        page.family("faastlane_executions_ended_total", "counter", "Executions that have ended.");
        for (kind, counts) in KINDS.iter().zip(&self.ended) {
            for (status, count) in ENDS.iter().zip(counts) {
                page.sample("", &[("kind", kind), ("status", status)], load(count));
            }
        }
        page.family("faastlane_executions_running", "gauge", "Executions that have not ended.");
        for (kind, count) in KINDS.iter().zip(&self.running) {
            page.sample("", &[("kind", kind)], count.load(Ordering::Relaxed));
        }
    }

    /// What Prometheus' own client libraries tell of a process.
    fn process_to(&self, page: &mut Page) {
        let began = self.began.duration_since(UNIX_EPOCH).unwrap_or_default();
        page.single(
            "process_start_time_seconds",
            "gauge",
            "Start of the process, in seconds since 1970.",
            began.as_secs_f64(),
        );
        if let Some(bytes) = resident_bytes() {
            page.single(
                "process_resident_memory_bytes",
                "gauge",
                "Memory of the server, without the processes of functions.",
                bytes,
            );
        }
        if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
            page.single("process_open_fds", "gauge", "Open files of the server.", files.count());
        }
    }
}

fn load(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}

/// `VmRSS` of this process; `None` where there is no `/proc`.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// How many processes this one has started, and they in turn; `None` where the kernel does not tell.
fn processes() -> Option<usize> {
    let mut found = children(std::process::id())?;
    let mut seen = 0;
    while let Some(process) = found.get(seen) {
        // One that has ended meanwhile has no children.
        let of_it = children(*process).unwrap_or_default();
        found.extend(of_it);
        seen += 1;
    }
    Some(found.len())
}

/// The processes that the threads of a process have started.
fn children(process: u32) -> Option<Vec<u32>> {
    let mut found = Vec::new();
    for thread in std::fs::read_dir(format!("/proc/{process}/task")).ok()? {
        let children = std::fs::read_to_string(thread.ok()?.path().join("children")).ok()?;
        found.extend(children.split_whitespace().filter_map(|id| id.parse::<u32>().ok()));
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_is_counted() {
        let metrics = Metrics::default();
        metrics.request("StartExecution", 200, Duration::from_millis(3));
        metrics.request("StartExecution", 400, Duration::from_millis(3));
        metrics.request("StartExecution", 418, Duration::from_millis(3));
        metrics.request("/etc/passwd", 404, Duration::ZERO);
        metrics.execution_started(ExecutionKind::Standard);
        metrics.execution_started(ExecutionKind::Standard);
        metrics.execution_ended(ExecutionKind::Standard, ExecutionStatus::TimedOut);
        metrics.task_ended(TaskOutcome::Failed);
        metrics.committed(Duration::from_micros(300));
        let text = metrics.to_text(5, Some(7), 0);
        for line in [
            "faastlane_requests_total{operation=\"StartExecution\",status=\"200\"} 1",
            "faastlane_requests_total{operation=\"StartExecution\",status=\"499\"} 1",
            "faastlane_requests_total{operation=\"other\",status=\"404\"} 1",
            "faastlane_request_duration_seconds_bucket{operation=\"StartExecution\",le=\"0.0025\"} 0",
            "faastlane_request_duration_seconds_bucket{operation=\"StartExecution\",le=\"0.005\"} 3",
            "faastlane_request_duration_seconds_count{operation=\"StartExecution\"} 3",
            "faastlane_executions_started_total{kind=\"STANDARD\"} 2",
            "faastlane_executions_ended_total{kind=\"STANDARD\",status=\"TIMED_OUT\"} 1",
            "faastlane_executions_running{kind=\"STANDARD\"} 1",
            "faastlane_executions_waiting 7",
            "faastlane_tasks_total{outcome=\"failed\"} 1",
            "faastlane_commit_duration_seconds_sum 0.0003",
            "faastlane_commit_duration_seconds_bucket{le=\"+Inf\"} 1",
            "faastlane_connections 5",
            "# TYPE process_resident_memory_bytes gauge",
        ] {
            assert!(text.lines().any(|have| have == line), "no {line} in\n{text}");
        }
        assert!(!text.contains("passwd"));
    }
}
