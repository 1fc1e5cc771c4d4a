//! A line for each state that ends, for logs of CI and pipes.

use std::time::{Duration, Instant};

use faastlane_engine::MapRunProgress;

use super::step::Event;
use super::tree::{Node, Tree};

/// Between two lines about Map Runs.
const INTERVAL: Duration = Duration::from_secs(1);

/// What has happened, and when it was last told how far a Map Run is.
pub(crate) struct Plain {
    tree: Tree,
    told: Instant,
}

impl Plain {
    pub(super) fn new() -> Self {
        Self { tree: Tree::new(), told: Instant::now() }
    }

    /// The line of a state that an event has ended.
    pub(super) fn recorded(&mut self, event: &Event<'_>, at: Instant) -> Option<String> {
        self.tree.record(event, at).and_then(|node| line(node, at))
    }

    /// The line of a Map Run, if the last one is some time ago.
    pub(super) fn progressed(&mut self, map_run: &MapRunProgress, at: Instant) -> Option<String> {
        self.tree.progress(map_run);
        if at.saturating_duration_since(self.told) < INTERVAL {
            return None;
        }
        self.told = at;
        Some(format!("{}: {}", map_run.state, self::map_run(map_run)))
    }
}

/// `12,345 of 100,000 items, 3 failed`, as far as it is known.
fn map_run(run: &MapRunProgress) -> String {
    let done = number(run.succeeded + run.failed);
    let of_all = run.total.map_or(String::new(), |total| format!(" of {}", number(total)));
    let failed = match run.failed {
        0 => String::new(),
        failed => format!(", {} failed", number(failed)),
    };
    format!("{done}{of_all} items{failed}")
}

/// A number with commas between thousands.
fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The line of a state that just ended; none for states inside others, of which there can be many.
pub(super) fn line(node: &Node, now: Instant) -> Option<String> {
    (node.depth == 0).then(|| {
        let details = details(node);
        let separator = if details.is_empty() { "" } else { ", " };
        format!("{}: {}{separator}{details}", node.name, duration(node.elapsed(now)))
    })
}

/// Retries, items and failures, where there are any.
pub(super) fn details(node: &Node) -> String {
    let count = |count: usize, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{count} {many}")),
    };
    let items = match &node.map_run {
        Some(run) => Some(map_run(run)),
        None => (node.items > 0).then(|| format!("{}/{} items", node.items_done, node.items)),
    };
    let parts =
        [items, count(node.retries, "retry", "retries"), count(node.failed, "failure", "failures")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// A duration as people read it: `340 µs`, `12 ms`, `1.24 s`, `3 min 05 s`.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    match seconds {
        ..0.001 => format!("{} µs", duration.as_micros()),
        0.001..1.0 => format!("{} ms", duration.as_millis()),
        1.0..60.0 => format!("{seconds:.2} s"),
        _ => format!("{} min {:02} s", duration.as_secs() / 60, duration.as_secs() % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn map_runs_are_told_in_items() {
        let check = |total, succeeded, failed, expected| {
            let (map_run_arn, state) = ("arn".into(), "M".into());
            let run = MapRunProgress {
                map_run_arn,
                state,
                total,
                succeeded,
                failed,
                running: 7,
                ..MapRunProgress::default()
            };
            assert_eq!(map_run(&run), expected);
        };
        check(Some(100_000), 12_342, 3, "12,345 of 100,000 items, 3 failed");
        check(None, 999, 0, "999 items");
        check(Some(1_000_000), 0, 0, "0 of 1,000,000 items");
    }

    #[test]
    fn durations_are_short() {
        let check = |us, expected| assert_eq!(duration(Duration::from_micros(us)), expected);
        check(340, "340 µs");
        check(12_400, "12 ms");
        check(1_239_000, "1.24 s");
        check(185_000_000, "3 min 05 s");
    }
}
