//! The program inside one container: the orchestrator, which drives executions over warm lanes.
//!
//! A [`Container`] holds the lanes of one workflow. [`Container::run`] performs what the engine asks
//! for on one thread: it hands tasks to lanes, keeps timers, and waits for both in one place. So a
//! hop from one function to the next costs no thread switch of ours, and there is nothing to lock.
//! An async runtime was the other way; it would put a scheduler between two functions.

mod clock;
mod container;
mod datasets;
mod error;
mod ids;
mod journal;
mod load;
pub mod process;
mod run;
mod task;
mod timers;

pub use container::{Container, EndedCall, Observer, Placement, Resolver, Stopper};
pub use datasets::{Datasets, Wanted};
pub use error::Error;
pub use ids::Ids;
pub use load::Loaded;
pub use run::{Conditions, Pace, Request, WaitScale};
pub use task::SERVICES;
