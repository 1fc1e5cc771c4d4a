//! What a distributed Map has beside an inline one. Source: "Distributed mode" of the developer guide.

use faastlane_expr::{Path, jsonata};
use faastlane_value::ArcStr;

use crate::{Format, Payload};

/// Fields of a Map whose `ProcessorConfig` says `DISTRIBUTED`.
#[derive(Debug)]
pub struct Distributed {
    /// `Label`: part of the names of its Map Runs.
    pub label: Option<ArcStr>,
    /// Whether children are Express executions: `ExecutionType`.
    pub express: bool,
    /// `ItemReader`; without it, items are where those of an inline Map are.
    pub reader: Option<ItemReader>,
    /// `ItemBatcher`
    pub batcher: Option<ItemBatcher>,
    /// `ResultWriter`
    pub writer: Option<ResultWriter>,
    /// `ToleratedFailureCount`, in items.
    pub tolerated_count: Option<Amount>,
    /// `ToleratedFailurePercentage`, of items.
    pub tolerated_percentage: Option<Amount>,
}

/// A number that is fixed, or known when the state begins.
#[derive(Debug)]
pub enum Amount {
    /// The number itself.
    Fixed(f64),
    /// The field `…Path`.
    Path(Path),
    /// An expression in JSONata.
    Jsonata(jsonata::Expression),
}

/// `ItemReader`
#[derive(Debug)]
pub struct ItemReader {
    /// `s3:getObject`, of objects in this format; `None` is `s3:listObjectsV2`.
    pub format: Option<Format>,
    /// `Parameters`, or `Arguments` in JSONata: the bucket and what in it.
    pub parameters: Payload,
    /// `MaxItems`: 0 is no limit.
    pub max_items: Option<Amount>,
}

/// `ItemBatcher`
#[derive(Debug)]
pub struct ItemBatcher {
    /// `MaxItemsPerBatch`
    pub max_items: Option<Amount>,
    /// `MaxInputBytesPerBatch`
    pub max_bytes: Option<Amount>,
    /// `BatchInput`
    pub input: Option<Payload>,
}

/// `ResultWriter`
#[derive(Debug)]
pub struct ResultWriter {
    /// `Parameters`, or `Arguments` in JSONata: bucket and prefix. Without them the results are the state's
    /// output.
    pub parameters: Option<Payload>,
    /// `Transformation`
    pub transformation: Transformation,
    /// `OutputType` is `JSONL`.
    pub lines: bool,
}

/// What becomes of the outputs of children.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transformation {
    /// `NONE`: the output, and all that is known of the execution.
    None,
    /// `COMPACT`: the output.
    Compact,
    /// `FLATTEN`: the output; of an array its elements.
    Flatten,
}
