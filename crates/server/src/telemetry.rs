//! What can be seen of the server from outside: metrics, logs and traces.

mod log;
mod metrics;
mod trace_header;
mod traces;

pub use log::{Field, Format, Level, Log};
pub use metrics::{ExecutionKind, ExecutionStatus, Metrics, TaskOutcome};
pub use trace_header::{TraceContext, trace_of_headers};
pub use traces::{SettingsError, Traced, Tracer, TracerSettings};
