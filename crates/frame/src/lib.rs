//! Frames: how a value travels between the orchestrator and the lanes of one machine.

pub mod format;
