//! What a distributed Map reads and writes outside: requests to the driver.
//!
//! Each request says all that is needed to do it, or to do it again: where reading goes on, and how much
//! has been written, are in bookmarks, which the driver makes and the engine keeps.

use faastlane_frame::Data;
use faastlane_value::ArcStr;
use serde::{Deserialize, Serialize};

use crate::action::Ticket;

/// A request for items, or with results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RequestId(pub(crate) Ticket);

/// A place in a dataset, in the driver's words.
pub type Bookmark = Vec<u8>;

/// Items to be read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadRequest {
    /// Its id, unique within the execution.
    pub id: RequestId,
    /// The Map state, as its place in [`faastlane_asl::StateMachine::states`]: its `ItemReader` says how
    /// items lie there.
    pub state: u32,
    /// What its `Parameters` or `Arguments` make: `Bucket`, and `Key` or `Prefix`.
    pub parameters: Data,
    /// Where to go on; none is the start.
    pub from: Option<Bookmark>,
    /// How many items at most.
    pub most: usize,
}

/// Results to be written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WriteRequest {
    /// Its id, unique within the execution.
    pub id: RequestId,
    /// The Map state, as in [`ReadRequest`].
    pub state: u32,
    /// The bucket.
    pub bucket: ArcStr,
    /// The folder in it.
    pub folder: ArcStr,
    /// The Map Run.
    pub map_run_arn: ArcStr,
    /// How much has been written; none is nothing.
    pub from: Option<Bookmark>,
    /// Results, with the status of the execution that each is from.
    pub results: Vec<(ResultStatus, Data)>,
    /// No more will come: the results are to be complete then.
    pub is_last: bool,
}

/// How the execution ended that a result is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResultStatus {
    /// Well.
    Succeeded,
    /// It did not.
    Failed,
}

/// How far a Map Run is. Counts are of items.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapRunProgress {
    /// The Map Run.
    pub map_run_arn: ArcStr,
    /// The name of its state.
    pub state: ArcStr,
    /// All items, once they are known.
    pub total: Option<u64>,
    /// Those whose execution ended well.
    pub succeeded: u64,
    /// Those whose execution failed.
    pub failed: u64,
    /// Those whose execution runs.
    pub running: u64,
}
