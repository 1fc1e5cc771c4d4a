//! What distributed Maps are doing, for those who ask.

use faastlane_engine::MapRunProgress;

use super::driver::Driver;
use super::live::Key;

impl Driver {
    /// A Map Run is further than before.
    pub(super) fn map_run(&mut self, _key: Key, _progress: MapRunProgress) {}
}
