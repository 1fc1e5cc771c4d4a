//! What tests of workflows are made of.
//!
//! - [`botocore`]: models of services. [`mocks`]: the file format of Step Functions Local's mocks, read into what the engine answers from.
//!
//! Nothing here runs a task, reads a clock or prints: commands and conformance tests do.

pub mod botocore;
pub mod mocks;
