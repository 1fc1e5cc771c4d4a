//! Stops what containers run, from another thread.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::bell::Bell;

/// Stops all executions of [`super::Containers`], those that run and those that are still to run.
#[derive(Debug, Clone)]
pub struct Stopper(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    is_stopped: AtomicBool,
    bell: Bell,
}

impl Stopper {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self(Arc::new(Shared { is_stopped: AtomicBool::new(false), bell: Bell::new()? })))
    }

    /// Stops them: their functions are killed, their histories end with `ExecutionAborted`.
    pub fn stop(&self) {
        self.0.is_stopped.store(true, Ordering::Release);
        self.0.bell.ring();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.0.is_stopped.load(Ordering::Acquire)
    }

    /// Rings when it is to stop.
    pub(super) fn bell(&self) -> &Bell {
        &self.0.bell
    }
}
