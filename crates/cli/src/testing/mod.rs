//! Tests of workflows: their files, one execution each, and what is shown of them.

mod diff;
mod files;
mod junit;
mod machine;

pub(crate) use diff::shown;
pub(crate) use files::{TestFile, find, folder};
pub(crate) use junit::report;
pub(crate) use machine::run;

use std::time::Duration;

use faastlane_testing::verdict::{Actual, Difference};

/// What came of a test.
pub(crate) struct Ran {
    pub(crate) actual: Actual,
    /// What is not as expected.
    pub(crate) differences: Vec<Difference>,
    pub(crate) took: Duration,
    /// What functions wrote, each line with the function's name.
    pub(crate) logs: String,
}

impl Ran {
    pub(crate) fn passed(&self) -> bool {
        self.differences.is_empty()
    }
}
