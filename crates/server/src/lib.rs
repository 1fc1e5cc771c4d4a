//! The Step Functions API over HTTP: what requests ask for, and the executions that they start.

pub mod http;
pub mod lambda;
pub mod lanes;
pub mod telemetry;
