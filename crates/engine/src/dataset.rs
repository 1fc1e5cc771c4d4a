//! What a distributed Map reads and writes outside: requests to the driver.
//!
//! Each request says all that is needed to do it, or to do it again: where reading goes on, and how much
//! has been written, are in bookmarks, which the driver makes and the engine keeps.

use faastlane_frame::Data;
use faastlane_value::ArcStr;
use serde::{Deserialize, Serialize};

use crate::Time;
use crate::action::{Outcome, Ticket};

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
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct MapRunProgress {
    /// The Map Run.
    pub map_run_arn: ArcStr,
    /// The name of its state.
    pub state: ArcStr,
    /// Whether it runs or how it ended.
    pub status: MapRunStatus,
    /// All items, once they are known.
    pub total: Option<u64>,
    /// Those whose execution ended well.
    pub succeeded: u64,
    /// Those whose execution failed.
    pub failed: u64,
    /// Those whose execution runs.
    pub running: u64,
    /// Those whose execution was ended with the Map Run.
    pub aborted: u64,
    /// The same of executions.
    pub executions: ExecutionCounts,
    /// How many results were written.
    pub results_written: u64,
    /// How many executions may run at the same time.
    pub max_concurrency: u64,
    /// How many items may fail.
    pub tolerated_failure_count: Option<u64>,
    /// How many of a hundred items may fail.
    pub tolerated_failure_percentage: Option<f64>,
    /// How often it was redriven.
    pub redrive_count: u64,
}

/// Whether a Map Run runs, or how it ended; as `DescribeMapRun` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum MapRunStatus {
    #[default]
    Running,
    Succeeded,
    Failed,
    Aborted,
}

/// How many executions of a Map Run there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ExecutionCounts {
    /// Those that were begun.
    pub total: u64,
    /// Those that ended well.
    pub succeeded: u64,
    /// Those that failed.
    pub failed: u64,
    /// Those that run.
    pub running: u64,
    /// Those that were ended with the Map Run.
    pub aborted: u64,
    /// Those that wait to be redriven.
    pub pending_redrive: u64,
}

/// What `UpdateMapRun` changes; none is no change.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct MapRunChange {
    /// How many executions may run at the same time; 0 is no limit.
    pub max_concurrency: Option<u64>,
    /// How many items may fail.
    pub tolerated_failure_count: Option<u64>,
    /// How many of a hundred items may fail.
    pub tolerated_failure_percentage: Option<f64>,
}

/// An execution of a Map Run that has ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChildExecution {
    /// The Map Run.
    pub map_run_arn: ArcStr,
    /// Its ARN.
    pub arn: ArcStr,
    /// Its name.
    pub name: ArcStr,
    /// The ARN of its state machine, which ends with the Map's label.
    pub machine_arn: ArcStr,
    /// Its input.
    pub input: Data,
    /// How many items of the Map are in it.
    pub items: u64,
    /// When it was started.
    pub started_at: Time,
    /// When it ended.
    pub stopped_at: Time,
    /// How it ended.
    pub outcome: Outcome,
    /// How often it was redriven.
    pub redrive_count: u64,
}
