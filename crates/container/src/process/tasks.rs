//! What the orchestrator's thread has to do, in the order in which it was asked for.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::wire::Numbered;

/// Something to do.
#[derive(Debug)]
pub(super) enum Task {
    Run(Box<Numbered>),
    Load(Vec<Option<String>>),
}

/// A queue of them. One thread takes from it, another one adds to it.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    tasks: VecDeque<Task>,
    closed: bool,
}

impl Tasks {
    pub(super) fn add(&self, task: Task) {
        self.lock().tasks.push_back(task);
        self.changed.notify_one();
    }

    /// Nothing is added any more.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_one();
    }

    /// The next task, waited for; none at the end.
    pub(super) fn next(&self) -> Option<Task> {
        let idle = |queue: &mut Queue| queue.tasks.is_empty() && !queue.closed;
        let queue = self.changed.wait_while(self.lock(), idle);
        queue.unwrap_or_else(PoisonError::into_inner).tasks.pop_front()
    }

    /// Whether another one waits.
    pub(super) fn has_next(&self) -> bool {
        !self.lock().tasks.is_empty()
    }

    /// Removes the executions at the end of the queue; how many there were.
    pub(super) fn give_back(&self) -> usize {
        let mut queue = self.lock();
        let mut count = 0;
        while queue.tasks.pop_back_if(|task| matches!(task, Task::Run(_))).is_some() {
            count += 1;
        }
        count
    }

    /// The queue is never left half changed, so a panic elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
