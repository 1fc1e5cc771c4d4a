//! A line for each state that ends, for logs of CI and pipes.

use std::time::{Duration, Instant};

use super::tree::Node;

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
    let items = (node.items > 0).then(|| format!("{}/{} items", node.items_done, node.items));
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
    fn durations_are_short() {
        let check = |us, expected| assert_eq!(duration(Duration::from_micros(us)), expected);
        check(340, "340 µs");
        check(12_400, "12 ms");
        check(1_239_000, "1.24 s");
        check(185_000_000, "3 min 05 s");
    }
}
