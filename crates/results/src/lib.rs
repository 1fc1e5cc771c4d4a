//! Results of measurements: what a file of them holds, as Markdown, as a picture, and two of them
//! compared.
//!
//! A [`Report`] keeps every sample, and all that is shown is computed from it: so an old file can be
//! read in a new way. Keeping medians alone was the other way; it would make files that nothing more
//! can be asked.

mod compare;
mod markdown;
mod metric;
mod plot;
mod report;
mod statistics;

pub use compare::compare;
pub use markdown::markdown;
pub use metric::Metric;
pub use plot::{Error, svg};
pub use report::{Contender, FORMAT, Goal, Machine, Report, Round, Sample, Workload};
