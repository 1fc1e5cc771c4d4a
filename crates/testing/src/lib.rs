//! What tests of workflows are made of.
//!
//! - [`case`]: a test as it is written. [`verdict`]: whether an execution did what its test expects.
//! - [`botocore`]: models of services. [`mocks`]: the file format of Step Functions Local's mocks, read into what the engine answers from.
//!
//! Nothing here runs a task, reads a clock or prints: commands and conformance tests do.

pub mod botocore;
pub mod case;
pub mod mocks;
pub mod verdict;
