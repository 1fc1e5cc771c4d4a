//! The Step Functions API over HTTP: what requests ask for, and the executions that they start.

mod app;
pub mod executions;
mod expiry;
pub mod http;
pub mod lambda;
pub mod lanes;
mod logs;
mod machines;
pub mod operations;
mod provided;
mod resolve;
mod settings;
pub mod telemetry;
mod told;

pub use app::{Config, Controller, Error, Server};
pub use logs::Logs;
pub use machines::Runnable;
pub use provided::Provided;
pub use settings::{Settings, Workshop};
pub use told::{Output, Told};
