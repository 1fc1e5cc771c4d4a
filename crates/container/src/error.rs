//! Why a container cannot go on. Failures of functions are no errors here: they are what the
//! engine handles.

/// The container cannot start, or not go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The lanes cannot be started or waited for.
    #[error(transparent)]
    Lanes(#[from] faastlane_lanes::Error),
}
