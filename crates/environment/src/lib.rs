//! Finds the Python a function needs and makes its package environment.
//!
//! Three questions, one after the other:
//!
//! 1. Which Pythons are on this machine? [`pythons`] looks on PATH, under pyenv and under uv, runs each
//!    candidate once and remembers the answer, so that a warm start runs none.
//! 2. Which of them for this function? [`choose`] takes the version nearest to the Lambda runtime's.
//! 3. Which packages beside it? [`Requirements::collect`] reads `requirements.txt`, and
//!    [`Environments::ensure`] makes one cached environment for each set of them.
//!
//! `--python PATH` skips all three: [`ready`] uses what it is given and installs nothing.
//!
//! Nothing here reads the process's environment variables except [`Search::from_env`]; what is looked
//! for, and where, is a value. Installing is left to uv or pip: they know indexes, proxies, wheels and
//! builds, and users have configured them already. Resolving packages ourselves was the road not taken.

mod boto;
mod cache;
mod choice;
mod discovery;
mod environments;
mod error;
mod fingerprint;
mod library;
mod maker;
mod output;
mod package;
mod places;
mod probe;
mod requirements;
mod search;
mod step;

pub use choice::{Choice, choose};
pub use discovery::{Found, Skipped, pythons, ready};
pub use environments::{Environments, Progress};
pub use error::Error;
pub use library::{Library, NoLibrary};
pub use package::package_of;
pub use probe::{OLDEST, Python, Version};
pub use requirements::Requirements;
pub use search::Search;
