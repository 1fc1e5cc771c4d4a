//! What stands in for the libc of the lane's namespace. Each file replaces the functions of one topic.

pub(crate) mod deeds;
mod directory;
pub(crate) mod ending;
mod fork_handlers;
pub(crate) mod forking;
pub(crate) mod heap;
pub(crate) mod host;
pub(crate) mod identity;
mod loading;
mod lock;
mod maps;
mod next;
pub(crate) mod region;
mod signals;
pub(crate) mod tagging;
mod thread_keys;
mod threads;
pub(crate) mod writing;
