//! The Step Functions API over HTTP: what requests ask for, and the executions that they start.

pub mod executions;
pub mod http;
pub mod lambda;
pub mod lanes;
mod logs;
mod machines;
pub mod operations;
mod resolve;
mod settings;
pub mod telemetry;

pub use logs::Logs;
pub use machines::Runnable;
pub use settings::{Settings, Workshop};
