//! The limits of AWS, which apply only where they are asked for.

use serde::{Deserialize, Serialize};

/// Limits of an execution; `None` is no limit.
///
/// Source: "Step Functions service quotas" in the AWS developer guide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Limits {
    /// Size of a state's output or a task's result, in bytes of JSON text.
    pub payload_bytes: Option<usize>,
    /// Events in the history of one execution.
    pub history_events: Option<u64>,
    /// Iterations of an inline Map that run at the same time.
    pub map_concurrency: Option<usize>,
}

impl Limits {
    /// No limits.
    pub const NONE: Self =
        Self { payload_bytes: None, history_events: None, map_concurrency: None };

    /// The limits of AWS for Standard executions.
    pub const AWS: Self = Self {
        payload_bytes: Some(262_144),
        history_events: Some(25_000),
        map_concurrency: Some(40),
    };
}
