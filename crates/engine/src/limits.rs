//! The limits of AWS, which apply only where they are asked for.

use serde::{Deserialize, Serialize};

/// Limits of an execution; `None` is no limit.
///
/// Source: "Step Functions service quotas" in the AWS developer guide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Limits {
    /// Size of a state's output, of what it assigns or of a task's result, in bytes of JSON text.
    pub payload_bytes: Option<usize>,
    /// Size of all variables that a state sees, in bytes of JSON text.
    pub variables_bytes: Option<usize>,
    /// Events in the history of one execution.
    pub history_events: Option<u64>,
    /// Iterations of an inline Map that run at the same time.
    pub map_concurrency: Option<usize>,
    /// How long an execution may run, in seconds, whatever its definition says.
    pub execution_seconds: Option<u64>,
    /// Expressions in JSONata may be as deep and make sequences as long as on AWS, and no more.
    pub aws_expressions: bool,
}

impl Limits {
    /// No limits.
    pub const NONE: Self = Self {
        payload_bytes: None,
        variables_bytes: None,
        history_events: None,
        map_concurrency: None,
        execution_seconds: None,
        aws_expressions: false,
    };

    /// The limits of AWS for Standard executions.
    pub const AWS: Self = Self {
        payload_bytes: Some(262_144),
        variables_bytes: Some(10 << 20),
        history_events: Some(25_000),
        map_concurrency: Some(40),
        execution_seconds: None,
        aws_expressions: true,
    };

    /// The limits of AWS for Express executions, whose histories have no limit.
    pub const AWS_EXPRESS: Self =
        Self { history_events: None, execution_seconds: Some(300), ..Self::AWS };
}
