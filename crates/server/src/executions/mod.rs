//! All executions that the server drives itself: Standard ones, and Express ones that wait or call services.
//!
//! One thread owns them (`driver`). It takes what has come in, tells the engines, writes what changed in one
//! transaction, and only then does what the engines asked for: so whatever anybody outside has seen is
//! in the store, and a server that is killed goes on from there. An execution that waits is a value in memory
//! and a time in a queue. A thread or task per execution was the other way; ten thousand that wait would each cost a
//! stack, and a commit could not be shared by all that happened in a moment.
//!
//! - `driver`: the thread. `live`: one execution. `effects`: what is done after a commit. `tasks`: who runs them.
//! - `lifecycle`, `redrive`: how executions begin and end. `children`: those that other ones start. `callbacks`: task
//!   tokens and activities. `map_runs`: what distributed Maps are doing.
//! - `journal`: what of them is in the store. `restart`: what was running when the last server ended.
//! - `express`: those that run in a container of their own instead.

mod callbacks;
mod children;
mod datasets;
mod driver;
mod effects;
mod express;
mod handle;
mod journal;
mod lifecycle;
mod live;
mod map_runs;
mod new;
mod observe;
mod open;
mod redrive;
mod refused;
mod restart;
mod tasks;
mod wakes;
mod watched;

pub use handle::{ActivityTask, Handle, Start, Started, SyncOutcome, TaskAnswer};
pub use observe::{Observe, Observed};
pub use open::Executions;
pub use refused::Refused;
