//! Stops what containers run, from another thread.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{EventfdFlags, eventfd};

/// Stops all executions of [`super::Containers`], those that run and those that are still to run.
#[derive(Debug, Clone)]
pub struct Stopper(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    is_stopped: AtomicBool,
    bell: OwnedFd,
}

impl Stopper {
    pub(super) fn new() -> io::Result<Self> {
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self(Arc::new(Shared { is_stopped: AtomicBool::new(false), bell })))
    }

    /// Stops them: their functions are killed, their histories end with `ExecutionAborted`.
    pub fn stop(&self) {
        self.0.is_stopped.store(true, Ordering::Release);
        // It fails only when the counter is full, and then the bell rings already.
        let _ = rustix::io::write(&self.0.bell, &1_u64.to_ne_bytes());
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.0.is_stopped.load(Ordering::Acquire)
    }

    /// Rings when it is to stop.
    pub(super) fn bell(&self) -> BorrowedFd<'_> {
        self.0.bell.as_fd()
    }

    /// Until it is rung again.
    pub(super) fn silence(&self) {
        let _ = rustix::io::read(&self.0.bell, &mut [0; 8]);
    }
}
