//! Keeps state machines, executions, their histories and journals in a SQLite file.
//!
//! One process owns a file: the server. Writing goes through one connection, reading through others,
//! which see the last commit and are never blocked (SQLite's write-ahead log). All that happens to
//! executions arrives as lists of [`Change`]s, each list one transaction: a crash leaves it whole or
//! not at all. The road not taken is a file per execution: thousands of them that wait cost a file
//! and an fsync each, and to list them by state is a search through all.
//!
//! The store knows no engine: what an execution was told, and its snapshots, are bytes, and histories
//! are the JSON that the API answers with. ARNs are the keys of callers; pages go on `after` a number
//! that the page before has named.
//!
//! Times are milliseconds since 1970 ([`Millis`]), as the caller says: the store reads no clock.

mod activities;
mod aliases;
mod change;
mod connection;
mod error;
mod executions;
mod expiry;
mod history;
mod journal;
mod lock;
mod machines;
mod map_runs;
mod page;
mod schema;
mod tags;
mod texts;
mod versions;

pub use activities::Activity;
pub use aliases::{Alias, Aliased, Route};
pub use change::{Change, Child, Ended, NAME_TAKEN, Started};
pub use connection::{Durability, Store};
pub use error::Error;
pub use executions::{Execution, Executions, Filter, OpenExecutions, Summary};
pub use expiry::{Expired, Expiry};
pub use history::Chunk;
pub use journal::Entry;
pub use machines::{Created, Listed, Machine, NewMachine, Revision, Settings, Update, Updated};
pub use map_runs::MapRun;
pub use page::Page;
pub use tags::Tag;
pub use texts::{EntryKind, Kind, MachineStatus, Status};
pub use versions::{Published, Removed, Version};

/// Milliseconds since the first of January 1970, UTC.
pub type Millis = i64;
