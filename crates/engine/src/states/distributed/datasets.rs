//! Items that are read outside.

use faastlane_asl::ItemReader;
use faastlane_frame::Data;
use faastlane_value::{ArcStr, str_literal};

use super::Turn;
use crate::Action;
use crate::dataset::{Bookmark, ReadRequest, RequestId};
use crate::expressions::Seen;
use crate::failure::Failure;
use crate::flow::{FlowId, Phase};
use crate::map_run::{Dataset, Source};

/// Fewer waiting items than this, and more are asked for; a request asks for as many.
const ENOUGH: usize = 1_000;

impl Turn<'_> {
    /// A dataset that nothing has been read of, and why nothing is to be read if its `MaxItems` is negative:
    /// AWS says so when the Map Run has begun.
    pub(super) fn dataset(
        &mut self,
        id: FlowId,
        reader: &ItemReader,
        input: &Data,
    ) -> Result<(Dataset, Option<Failure>), Failure> {
        let field = match reader.parameters {
            faastlane_asl::Payload::JsonPath(_) => "Parameters",
            faastlane_asl::Payload::Jsonata(_) => "ItemReader/Arguments",
        };
        let parameters = self.evaluate(id, field, &reader.parameters, Seen::input(input))?;
        let most = match &reader.max_items {
            Some(amount) => self.max_items(id, amount, input)?,
            None => 0,
        };
        let refusal = (most < 0).then(|| {
            let cause = str_literal!("field MaxItems must be positive");
            Failure::of_task(str_literal!("States.ItemReaderFailed"), Some(cause))
        });
        let dataset = Dataset {
            parameters,
            most: u64::try_from(most).ok().filter(|most| *most > 0),
            waiting: std::collections::VecDeque::new(),
            taken: 0,
            from: None,
            request: None,
            is_read: false,
        };
        Ok((dataset, refusal))
    }

    /// Asks for items if few are left.
    pub(super) fn ask_for_items(&mut self, id: FlowId) {
        let state = self.progress.flow(id).state.0;
        let Source::Dataset(dataset) = &self.run_of(id).source else { return };
        if dataset.is_read || dataset.request.is_some() || dataset.waiting.len() >= ENOUGH {
            return;
        }
        let request = RequestId(self.progress.ticket(id));
        let Source::Dataset(dataset) = &mut self.run_of_mut(id).source else { return };
        dataset.request = Some(request);
        let wanted = ReadRequest {
            id: request,
            state,
            parameters: dataset.parameters.clone(),
            from: dataset.from.clone(),
            most: dataset.left().map_or(ENOUGH, |left| left.min(ENOUGH)),
        };
        self.actions.push(Action::ReadItems(wanted));
    }

    pub(crate) fn items_read(
        &mut self,
        request: RequestId,
        items: Vec<Data>,
        next: Option<Bookmark>,
    ) {
        let Some(id) = self.flow_that_reads(request) else { return };
        let Source::Dataset(dataset) = &mut self.run_of_mut(id).source else { return };
        dataset.request = None;
        dataset.waiting.extend(items);
        dataset.is_read = next.is_none() || dataset.left() == Some(0);
        dataset.from = next;
        self.go_on_with_run(id);
    }

    pub(crate) fn items_not_read(&mut self, request: RequestId, cause: ArcStr) {
        if let Some(id) = self.flow_that_reads(request) {
            self.dataset_failed(id, str_literal!("States.ItemReaderFailed"), cause);
        }
    }

    /// The flow whose Map Run waits for the answer to this request.
    fn flow_that_reads(&self, request: RequestId) -> Option<FlowId> {
        let id = self.progress.flow_of(request.0)?;
        match &self.progress.flow(id).phase {
            Phase::MapRun(run) => match &run.source {
                Source::Dataset(dataset) if dataset.request == Some(request) => Some(id),
                _ => None,
            },
            _ => None,
        }
    }
}

impl Dataset {
    /// How many items may still be read; none is no limit.
    fn left(&self) -> Option<usize> {
        let most = usize::try_from(self.most?).unwrap_or(usize::MAX);
        Some(most.saturating_sub(self.taken + self.waiting.len()))
    }
}
