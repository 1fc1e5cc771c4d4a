//! The state of a Map Run: a distributed Map while its children run.
//!
//! A child is an execution of its own: it has its own name, its own count of events, and no variables of
//! its parent. Its flows are flows of the same engine, and know which child they belong to, so a child
//! costs no more than an iteration of an inline Map.

use std::collections::VecDeque;

use faastlane_frame::Data;
use faastlane_value::{ArcStr, str_literal};
use serde::{Deserialize, Serialize};

use crate::Time;
use crate::dataset::{Bookmark, RequestId, ResultStatus};
use crate::flow::FlowId;

/// A slot of [`crate::flow::Progress::children`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChildId(pub(crate) u32);

/// One execution of a Map Run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Child {
    /// The flow whose Map state began it.
    pub(crate) map: FlowId,
    /// The flow that runs it.
    pub(crate) root: FlowId,
    /// Its place among the results.
    pub(crate) index: usize,
    /// How many items it has.
    pub(crate) items: u64,
    /// Its name.
    pub(crate) name: ArcStr,
    /// The name of its state machine, `Orders/Label`.
    pub(crate) machine_name: ArcStr,
    pub(crate) express: bool,
    pub(crate) input: Data,
    pub(crate) started_at: Time,
    pub(crate) last_event_id: u64,
    /// Whether it runs. If not, it has failed or was ended with its Map Run.
    pub(crate) runs: bool,
    pub(crate) has_failed: bool,
    /// How often it was redriven, and when last.
    pub(crate) redrive_count: u64,
    pub(crate) redriven_at: Option<Time>,
}

/// A distributed Map while it runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MapRun {
    pub(crate) arn: ArcStr,
    /// `Orders/Label`
    pub(crate) machine_name: ArcStr,
    /// The Map state's effective input, from which `ItemSelector` makes each item.
    pub(crate) input: Data,
    pub(crate) source: Source,
    pub(crate) batches: Batches,
    /// How many children may run at the same time.
    pub(crate) at_once: usize,
    pub(crate) tolerated: Tolerated,
    /// Children begun.
    pub(crate) begun: usize,
    pub(crate) executions: Counts,
    /// Items by what came of their child.
    pub(crate) items: Counts,
    /// Children that are to be redriven.
    pub(crate) again: VecDeque<ChildId>,
    pub(crate) redrive_count: u64,
    /// Its execution is redriven, and nothing was done about that yet.
    pub(crate) is_resumed: bool,
    pub(crate) results: Results,
    /// Whether its counts are others than those that were last shown.
    pub(crate) has_changed: bool,
}

/// How many children, or items of them, are in which state.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub(crate) running: u64,
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
    pub(crate) aborted: u64,
}

impl Counts {
    fn abort(&mut self) {
        self.aborted += std::mem::take(&mut self.running);
    }
}

/// Where items come from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Source {
    /// An array of the state's input.
    Array {
        all: Data,
        next: usize,
    },
    Dataset(Dataset),
}

/// A dataset that is read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Dataset {
    pub(crate) parameters: Data,
    /// How many items are wanted at most.
    pub(crate) most: Option<u64>,
    pub(crate) waiting: VecDeque<Data>,
    /// Items that were taken from `waiting`.
    pub(crate) taken: usize,
    /// Where to go on; none at the start.
    pub(crate) from: Option<Bookmark>,
    /// What is being read.
    pub(crate) request: Option<RequestId>,
    /// There are no more than those in `waiting`.
    pub(crate) is_read: bool,
}

/// How items are put together.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Batches {
    /// Each child gets `Items`, an array, and not an item.
    pub(crate) are_wanted: bool,
    pub(crate) max_items: Option<usize>,
    pub(crate) max_bytes: Option<usize>,
    /// `BatchInput`
    pub(crate) input: Option<Data>,
    /// The items of the next batch, made by `ItemSelector`, and the length of their JSON texts.
    pub(crate) next: Vec<Data>,
    pub(crate) bytes: usize,
}

/// How many items may fail. Without numbers none may.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Tolerated {
    pub(crate) count: Option<u64>,
    pub(crate) percentage: Option<f64>,
}

/// Where results go.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Results {
    /// To the state's output, by the index of their child.
    Kept(Vec<Option<Data>>),
    Written(Written),
}

/// Results that are written outside.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Written {
    pub(crate) bucket: ArcStr,
    pub(crate) folder: ArcStr,
    pub(crate) waiting: Vec<(ResultStatus, Data)>,
    /// Those that are being written; kept for the case that they cannot be.
    pub(crate) writing: Vec<(ResultStatus, Data)>,
    /// How many have been written.
    pub(crate) written: u64,
    pub(crate) from: Option<Bookmark>,
    /// What is being written.
    pub(crate) request: Option<RequestId>,
    /// Nothing more will be written.
    pub(crate) is_last: bool,
}

impl MapRun {
    /// How many items there are, once that is known.
    pub(crate) fn total(&self) -> Option<u64> {
        match &self.source {
            Source::Array { all, .. } => Some(all.array_len().unwrap_or(0) as u64),
            Source::Dataset(dataset) => {
                let total = dataset.taken + dataset.waiting.len();
                dataset.is_read.then_some(total as u64)
            }
        }
    }

    /// Whether no child runs and none is to be begun.
    pub(crate) fn is_over(&self) -> bool {
        let begins = !self.again.is_empty() || !self.batches.next.is_empty();
        self.source.is_empty() && !begins && self.executions.running == 0
    }

    /// Notes that its children were ended, and that nobody reads or writes for it.
    pub(crate) fn abort(&mut self) {
        self.executions.abort();
        self.items.abort();
        if let Source::Dataset(dataset) = &mut self.source {
            dataset.request = None;
        }
        if let Results::Written(written) = &mut self.results {
            written.writing.append(&mut written.waiting);
            written.waiting = std::mem::take(&mut written.writing);
            written.request = None;
            written.is_last = false;
        }
    }

    /// Whether more items have failed than may.
    pub(crate) fn has_failed(&self) -> bool {
        self.tolerated.is_exceeded_by(self.items.failed, self.total())
    }
}

impl Source {
    /// The next item and its index, if it is here.
    pub(crate) fn take(&mut self) -> Option<(usize, Data)> {
        match self {
            Self::Array { all, next } => {
                let item = all.item(*next)?;
                *next += 1;
                Some((*next - 1, item))
            }
            Self::Dataset(dataset) => {
                let item = dataset.waiting.pop_front()?;
                dataset.taken += 1;
                Some((dataset.taken - 1, item))
            }
        }
    }

    /// Where items come from, as the context object has it; `lists` says that they are the objects of a
    /// bucket and not what is in one.
    pub(crate) fn uri(&self, lists: bool) -> ArcStr {
        let Self::Dataset(dataset) = self else { return str_literal!("STATE_DATA") };
        let text = |name| {
            dataset.parameters.get(name).map_or_else(String::new, |text| {
                text.value().as_str().unwrap_or_default().to_owned()
            })
        };
        match lists {
            true => format!("S3://{}", text("Bucket")).into(),
            false => format!("S3://{}/{}", text("Bucket"), text("Key")).into(),
        }
    }

    /// Whether there will never be another item.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Array { all, next } => *next >= all.array_len().unwrap_or(0),
            Self::Dataset(dataset) => dataset.is_read && dataset.waiting.is_empty(),
        }
    }
}

impl Tolerated {
    pub(crate) fn is_exceeded_by(self, failed: u64, total: Option<u64>) -> bool {
        if self.count.is_none() && self.percentage.is_none() {
            return failed > 0;
        }
        let by_count = self.count.is_some_and(|count| failed > count);
        // A share of nobody knows how many is known at the end.
        #[expect(clippy::cast_precision_loss, reason = "a share of items")]
        let share = total.map(|total| failed as f64 * 100.0 / total.max(1) as f64);
        let by_percentage =
            self.percentage.zip(share).is_some_and(|(percentage, share)| share > percentage);
        by_count || by_percentage
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_tolerated_up_to_either_number() {
        let check = |count, percentage, failed, total, expected| {
            let tolerated = Tolerated { count, percentage };
            let found = tolerated.is_exceeded_by(failed, total);
            assert_eq!(found, expected, "{tolerated:?}, {failed} of {total:?}");
        };
        check(None, None, 0, Some(10), false);
        check(None, None, 1, None, true);
        check(Some(2), None, 2, Some(2), false);
        check(Some(2), None, 3, None, true);
        check(None, Some(10.0), 1, Some(10), false);
        check(None, Some(10.0), 2, Some(10), true);
        check(None, Some(10.0), 2, None, false);
        check(None, Some(100.0), 10, Some(10), false);
        check(Some(9), Some(10.0), 2, Some(10), true);
        check(Some(1), Some(100.0), 2, Some(10), true);
    }
}
