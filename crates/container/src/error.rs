//! Why a container cannot go on. Failures of functions are no errors here: they are what the
//! engine handles.

/// The container cannot start, or not go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The lanes cannot be started or waited for.
    #[error(transparent)]
    Lanes(#[from] faastlane_lanes::Error),

    /// The process of a container cannot be started, or not be spoken to.
    #[error("the container process cannot be started or spoken to: {0}")]
    Process(#[source] std::io::Error),

    /// The other side of the socket between the two processes does not keep to the protocol.
    #[error("the container process and this one do not understand each other: {0}")]
    Protocol(#[from] postcard::Error),

    /// The process of the container ended while an execution was running.
    #[error("the container process ended while the execution was running ({how}); {advice}{said}")]
    Died {
        /// Its exit status or signal.
        how: String,
        /// What the user can do.
        advice: &'static str,
        /// The last of what it wrote to stderr, each line on a line of its own.
        said: String,
    },

    /// What an execution was told cannot be read again.
    #[error(
        "the container process ended while the execution was running, and its journal cannot be \
         read; start the execution again"
    )]
    Journal,

    /// No execution more may wait.
    #[error("{0} executions wait already, and no more may; try again later")]
    Full(usize),

    /// The container in its own process gave up; its own words.
    #[error("{0}")]
    GaveUp(String),
}
