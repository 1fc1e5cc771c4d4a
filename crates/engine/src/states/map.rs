//! Map states: their items, and the iterations of inline ones.

use faastlane_asl::{Items, Language, Map, MaxConcurrency};
use faastlane_expr::Path;
use faastlane_frame::Data;
use faastlane_value::Value;

use crate::EventKind;
use crate::expressions::{Seen, Wrong, to};
use crate::failure::Failure;
use crate::flow::{self, Flow, FlowId};
use crate::states::wait::{integer, plain};
use crate::turn::{Step, Turn};

impl Turn<'_> {
    pub(crate) fn map(&mut self, id: FlowId, map: &Map, input: Data) -> Result<Step, Failure> {
        if self.is_test() {
            return self.test_map(id, map, &input);
        }
        if let Some(distributed) = &map.distributed {
            return self.map_run(id, map, distributed, input);
        }
        let (all, length) = self.items(id, map, &input)?;
        let at_once = self.iterations_at_once(id, map, &input)?.min(length);
        let started = self.record(id, EventKind::MapStateStarted { length });
        self.set_children(id, length, Some(flow::Items { all, input, next: 0 }));
        if length == 0 {
            self.children_succeeded(id, started);
        }
        for _ in 0..at_once {
            if let Err(failure) = self.next_iteration(id, map, started) {
                self.children_abandoned(id, failure);
                break;
            }
        }
        Ok(Step::Blocked)
    }

    /// How many iterations of an inline Map run at the same time.
    fn iterations_at_once(
        &mut self,
        id: FlowId,
        map: &Map,
        input: &Data,
    ) -> Result<usize, Failure> {
        let at_once = match self.concurrency(id, map, input)? {
            0 => usize::MAX,
            asked => usize::try_from(asked).unwrap_or(usize::MAX),
        };
        Ok(at_once.min(self.progress.limits.map_concurrency.unwrap_or(usize::MAX)))
    }

    /// Begins iterations of an inline Map that is redriven, beside those that run again.
    pub(crate) fn begin_iterations(&mut self, id: FlowId, map: &Map) -> Result<(), Failure> {
        let Some(items) = &self.children(id).items else { return Ok(()) };
        let input = items.input.clone();
        let at_once = self.iterations_at_once(id, map, &input)?;
        let previous = self.progress.flow(id).last_event;
        loop {
            let children = self.children(id);
            let next = children.items.as_ref().map_or(usize::MAX, |items| items.next);
            if next >= children.results.len() || children.running.len() >= at_once {
                return Ok(());
            }
            self.next_iteration(id, map, previous)?;
        }
    }

    /// A Map state under test: all but its iterations.
    fn test_map(&mut self, id: FlowId, map: &Map, input: &Data) -> Result<Step, Failure> {
        let distributed = map.distributed.as_deref();
        // Items that are somewhere else are those that the test gives.
        let items = match distributed.is_some_and(|distributed| distributed.reader.is_some()) {
            false => {
                let (items, _) = self.items(id, map, input)?;
                if let Language::JsonPath { .. } = self.state(id).language {
                    self.inspect("afterItemsPath", &items);
                }
                items
            }
            true => {
                let given = self.progress.inspection.as_ref().and_then(|test| test.items.clone());
                given.unwrap_or_else(|| Data::array(Vec::new()))
            }
        };
        let count = items.array_len().unwrap_or_default();
        let items = self.inspect_selected(id, map, input, items)?;
        if let Some(batcher) = distributed.and_then(|distributed| distributed.batcher.as_ref()) {
            self.inspect_batches(id, batcher, input, &items)?;
        }
        let at_once = self.concurrency(id, map, input)?;
        let at_once = Value::from(i64::try_from(at_once).unwrap_or(i64::MAX));
        self.inspect("maxConcurrency", &at_once.into());
        if let Some(distributed) = distributed {
            self.inspect_tolerated(id, distributed, input, count)?;
        }
        self.mocked_children(id, &map.handling)
    }

    /// What the iterations get of these items; takes it down where an `ItemSelector` makes it.
    fn inspect_selected(
        &mut self,
        id: FlowId,
        map: &Map,
        input: &Data,
        items: Data,
    ) -> Result<Data, Failure> {
        let Some(selector) = &map.item_selector else { return Ok(items) };
        let mut selected = Vec::new();
        for index in 0..items.array_len().unwrap_or_default() {
            let item = items.item(index).expect("there is one for each index");
            let seen = Seen { item: Some((index, &item)), ..Seen::input(input) };
            selected.push(self.evaluate(id, "ItemSelector", selector, seen)?);
        }
        let selected = Data::array(selected);
        self.inspect("afterItemSelector", &selected);
        Ok(selected)
    }

    /// The items, an array, and how many there are.
    pub(super) fn items(
        &mut self,
        id: FlowId,
        map: &Map,
        input: &Data,
    ) -> Result<(Data, usize), Failure> {
        let all = match &map.items {
            Items::Input => input.clone(),
            Items::Path(path) => self
                .select(id, path, input)
                .map_err(|error| self.invalid_path(id, &error, input))?,
            Items::Jsonata(items) => {
                self.evaluate_jsonata(id, "Items", items, Seen::input(input))?
            }
        };
        match all.array_len() {
            Some(length) => Ok((all, length)),
            None => Err(self.no_array(id, map, all)),
        }
    }

    /// The items are no array.
    fn no_array(&mut self, id: FlowId, map: &Map, found: Data) -> Failure {
        let path = match (&map.items, &self.state(id).language) {
            (Items::Jsonata(items), _) => {
                let text = items.as_expression().map_or("", |items| items.as_str());
                let wrong = Wrong::Type { expected: "array", value: found };
                return self.wrong_value(id, "Items", text, &wrong);
            }
            (Items::Input, Language::Jsonata { .. }) => {
                let message =
                    format!("Map state input must be an array but was: {}", found.to_json());
                return self.query_failure(id, None, &message);
            }
            (Items::Input, Language::JsonPath { .. }) => "$",
            (Items::Path(path), _) => path.as_str(),
        };
        // AWS names a path into the context object like one into the input.
        let path = path.strip_prefix('$').filter(|rest| rest.starts_with('$')).unwrap_or(path);
        let message = format!("Reference path \"{path}\" must point to array.");
        self.runtime_failure(id, &message)
    }

    /// `MaxConcurrency`; 0 is no limit.
    pub(super) fn concurrency(
        &mut self,
        id: FlowId,
        map: &Map,
        input: &Data,
    ) -> Result<u64, Failure> {
        match &map.max_concurrency {
            MaxConcurrency::Fixed(count) => Ok(*count),
            MaxConcurrency::Path(path) => self.max_concurrency_at(id, path, input),
            MaxConcurrency::Jsonata(expression) => {
                self.typed(id, "MaxConcurrency", expression, Seen::input(input), to::count())
            }
        }
    }

    fn max_concurrency_at(&self, id: FlowId, path: &Path, input: &Data) -> Result<u64, Failure> {
        const FIELD: &str = "MaxConcurrencyPath";
        let found = self
            .select(id, path, input)
            .map_err(|error| self.no_input_value(id, FIELD, &error, input))?;
        let count = integer(found.value()).and_then(|count| u64::try_from(count).ok());
        count.ok_or_else(|| {
            let message = format!(
                "The {FIELD} field refers to value \"{}\" which is not a valid integer: {}",
                plain(found.value()),
                path.as_str()
            );
            self.runtime_failure(id, &message)
        })
    }

    /// Begins the next iteration, which follows from the event `previous`.
    fn next_iteration(&mut self, id: FlowId, map: &Map, previous: u64) -> Result<(), Failure> {
        let items = self.children(id).items.as_mut().expect("a Map state has items");
        let index = items.next;
        items.next += 1;
        let item = items.all.item(index).expect("there is one for each iteration");
        let input = items.input.clone();
        let name = self.state(id).name.clone();
        let within = self.progress.flow(id).within;
        let started = self.emit(within, previous, EventKind::MapIterationStarted { name, index });
        let input = match &map.item_selector {
            None => item.clone(),
            Some(selector) => {
                let seen = Seen { item: Some((index, &item)), ..Seen::input(&input) };
                let selected = self.evaluate(id, "ItemSelector", selector, seen);
                if selected.is_err()
                    && let Some(items) = &mut self.children(id).items
                {
                    items.next = index;
                }
                selected?
            }
        };
        self.start_child(id, index, map.processor, input, Some(item), started);
        Ok(())
    }

    /// Goes on after an iteration that ended well.
    pub(super) fn iteration_succeeded(
        &mut self,
        id: FlowId,
        map: &Map,
        child: &Flow,
        index: usize,
        all_done: bool,
    ) {
        let name = self.state(id).name.clone();
        let kind = EventKind::MapIterationSucceeded { name, index };
        let succeeded = self.emit(child.within, child.last_event, kind);
        let children = self.children(id);
        let more = children.items.as_ref().is_some_and(|items| items.next < children.results.len());
        if all_done {
            self.children_succeeded(id, succeeded);
        } else if more && let Err(failure) = self.next_iteration(id, map, child.last_event) {
            self.children_abandoned(id, failure);
        }
    }
}
