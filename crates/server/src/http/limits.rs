//! How much a client may send, and how long it may take.

use std::time::Duration;

/// Limits of what clients may send and hold. `Default` is what `faastlane serve` uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request's line and headers; more is 431.
    pub head_bytes: usize,
    /// Headers of a request; more is 431.
    pub headers: usize,
    /// Bytes of the body of an operation. AWS takes 1 MB; some more, as JSON in JSON is long.
    pub body_bytes: usize,
    /// Bytes of the event of an invocation: 6 MB, as Lambda has it.
    pub payload_bytes: usize,
    /// Bytes of a body that is too long which are read and dropped, so that the client gets to read the answer;
    /// of longer ones nothing is read and the connection is closed.
    pub dropped_bytes: usize,
    /// How long the line and headers of a request may take, from their first byte.
    pub head_time: Duration,
    /// How long a body may take.
    pub body_time: Duration,
    /// How long a client may take nothing of an answer.
    pub answer_time: Duration,
    /// How long a connection may be without a request.
    pub idle_time: Duration,
    /// Connections at a time. For one more, the one that has been quiet longest is closed.
    pub connections: usize,
    /// How long requests may go on when the server ends.
    pub drain_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_bytes: 32 * 1024,
            headers: 64,
            body_bytes: 1024 * 1024 + 256 * 1024,
            payload_bytes: 6 * 1024 * 1024,
            dropped_bytes: 16 * 1024 * 1024,
            head_time: Duration::from_secs(10),
            body_time: Duration::from_secs(30),
            answer_time: Duration::from_secs(30),
            idle_time: Duration::from_secs(120),
            connections: 1024,
            drain_time: Duration::from_secs(10),
        }
    }
}

impl Limits {
    /// How often connections are looked at: often enough for the shortest limit, once a second at most.
    pub(super) fn sweep(&self) -> Duration {
        let shortest = self.head_time.min(self.body_time).min(self.answer_time).min(self.idle_time);
        (shortest / 2).clamp(Duration::from_millis(10), Duration::from_secs(1))
    }
}
