//! What the children of a Map Run get: an item each, or a batch of items.

use faastlane_asl::ItemBatcher;
use faastlane_frame::Data;
use faastlane_value::str_literal;

use super::Turn;
use crate::expressions::Seen;
use crate::failure::Failure;
use crate::flow::FlowId;
use crate::map_run::Batches;

/// What a child begins with, and how many items it has.
pub(super) struct Input {
    pub(super) input: Data,
    pub(super) items: u64,
}

impl Turn<'_> {
    /// The input of the next child, if all that belongs to it is here.
    pub(super) fn next_input(&mut self, id: FlowId) -> Result<Option<Input>, Failure> {
        loop {
            if self.run_of(id).batches.is_full() {
                return Ok(Some(self.run_of_mut(id).batches.take(false)));
            }
            let Some((index, item)) = self.run_of_mut(id).source.take() else {
                let run = self.run_of_mut(id);
                let is_last = run.source.is_empty() && !run.batches.next.is_empty();
                return Ok(is_last.then(|| run.batches.take(true)));
            };
            let item = self.selected(id, index, item)?;
            let batches = &mut self.run_of_mut(id).batches;
            if !batches.are_wanted {
                return Ok(Some(Input { input: item, items: 1 }));
            }
            batches.add(item);
        }
    }

    /// What `ItemSelector` makes of an item.
    fn selected(&mut self, id: FlowId, index: usize, item: Data) -> Result<Data, Failure> {
        let (map, _) = self.distributed(id);
        let Some(selector) = &map.item_selector else { return Ok(item) };
        let input = self.run_of(id).input.clone();
        let seen = Seen { item: Some((index, &item)), ..Seen::input(&input) };
        self.evaluate(id, "ItemSelector", selector, seen)
    }
}

impl Turn<'_> {
    /// Takes down the batches that a Map under test makes of these items. No recording shows them; each is
    /// what its child would get.
    pub(in crate::states) fn inspect_batches(
        &mut self,
        id: FlowId,
        batcher: &ItemBatcher,
        input: &Data,
        items: &Data,
    ) -> Result<(), Failure> {
        let mut batches = self.batches(id, batcher, input)?;
        let mut made = Vec::new();
        for at in 0..items.array_len().unwrap_or_default() {
            batches.add(items.item(at).expect("there is one for each index"));
            if batches.is_full() {
                made.push(batches.take(false).input);
            }
        }
        while !batches.next.is_empty() {
            made.push(batches.take(true).input);
        }
        self.inspect("afterItemBatcher", &Data::array(made));
        Ok(())
    }
}

impl Batches {
    fn add(&mut self, item: Data) {
        if self.max_bytes.is_some() {
            // With the comma.
            self.bytes += faastlane_value::json::size(item.value()) + 1;
        }
        self.next.push(item);
    }

    /// Whether the next batch holds as many items as it may, or one more than fit into it.
    fn is_full(&self) -> bool {
        self.max_items.is_some_and(|most| self.next.len() >= most)
            || self.next.len() > 1 && self.is_too_long()
    }

    fn is_too_long(&self) -> bool {
        let frame = r#"{"BatchInput":,"Items":[]}"#.len();
        let input =
            || self.input.as_ref().map_or(0, |input| faastlane_value::json::size(input.value()));
        self.max_bytes.is_some_and(|most| self.bytes + frame + input() > most)
    }

    /// The next batch. An item that is too much for it stays, unless it is alone.
    fn take(&mut self, is_last: bool) -> Input {
        let mut items = std::mem::take(&mut self.next);
        if items.len() > 1 && self.is_too_long() {
            self.next.extend(items.pop());
        }
        debug_assert!(is_last || !items.is_empty(), "a full batch holds items");
        self.bytes = 0;
        if self.max_bytes.is_some() {
            let sizes = self.next.iter().map(|item| faastlane_value::json::size(item.value()) + 1);
            self.bytes = sizes.sum();
        }
        let count = items.len() as u64;
        let mut members = Vec::with_capacity(2);
        if let Some(input) = &self.input {
            members.push((str_literal!("BatchInput"), input.clone()));
        }
        members.push((str_literal!("Items"), Data::array(items)));
        Input { input: Data::object(members), items: count }
    }
}
