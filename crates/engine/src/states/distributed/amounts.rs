//! Numbers of distributed Maps that the state's input may have: tolerances, limits of items and batches.

use faastlane_asl::{Amount, Distributed, ItemBatcher};
use faastlane_expr::Path;
use faastlane_frame::Data;
use faastlane_value::{Number, Value};

use crate::expressions::{Seen, to};
use crate::failure::Failure;
use crate::flow::FlowId;
use crate::map_run::{Batches, Tolerated};
use crate::states::wait::{integer, plain};
use crate::turn::Turn;

impl Turn<'_> {
    pub(super) fn tolerated(
        &mut self,
        id: FlowId,
        distributed: &Distributed,
        input: &Data,
    ) -> Result<Tolerated, Failure> {
        const COUNT: &str = "ToleratedFailureCount";
        const PERCENTAGE: &str = "ToleratedFailurePercentage";
        let count = match &distributed.tolerated_count {
            Some(amount) => Some(self.whole(id, COUNT, amount, input)?),
            None => None,
        };
        let percentage = match &distributed.tolerated_percentage {
            None => None,
            Some(Amount::Fixed(percentage)) => Some(*percentage),
            Some(Amount::Path(path)) => {
                Some(self.number_at(id, PERCENTAGE, path, input, "float", float)?)
            }
            Some(Amount::Jsonata(expression)) => {
                let number = ("number", |value: &Value| Some(value.as_number()?.as_f64()));
                Some(self.typed(id, PERCENTAGE, expression, Seen::input(input), number)?)
            }
        };
        if percentage.is_some_and(|percentage| !(0.0..=100.0).contains(&percentage)) {
            let message = format!("{PERCENTAGE} must be between 0 and 100.");
            return Err(self.runtime_failure(id, &message));
        }
        Ok(Tolerated { count, percentage })
    }

    /// Takes down how many failures a Map under test tolerates, where it says so, and fails it if more
    /// of its `total` items have failed.
    ///
    /// Recorded are tests of states that name a number. Of one without it nothing is known; there the
    /// mock alone says what came of the iterations.
    pub(in crate::states) fn inspect_tolerated(
        &mut self,
        id: FlowId,
        distributed: &Distributed,
        input: &Data,
        total: usize,
    ) -> Result<(), Failure> {
        let tolerated = self.tolerated(id, distributed, input)?;
        let Tolerated { count, percentage } = tolerated;
        if let Some(count) = count {
            let count = Value::from(i64::try_from(count).unwrap_or(i64::MAX));
            self.inspect("toleratedFailureCount", &count.into());
        }
        if let Some(percentage) = percentage {
            let percentage = Value::from(Number::Float(percentage));
            self.inspect("toleratedFailurePercentage", &percentage.into());
        }
        let total = u64::try_from(total).ok();
        let is_limited = count.is_some() || percentage.is_some();
        match is_limited && tolerated.is_exceeded_by(self.failed_iterations(), total) {
            true => Err(Failure::tolerance_exceeded()),
            false => Ok(()),
        }
    }

    /// How batches are made. Where payloads are limited, batches are, too.
    pub(super) fn batches(
        &mut self,
        id: FlowId,
        batcher: &ItemBatcher,
        input: &Data,
    ) -> Result<Batches, Failure> {
        let mut limit = |amount: &Option<Amount>, field| match amount {
            Some(amount) => self.whole(id, field, amount, input).map(|limit| {
                // A batch has an item, whatever a path says.
                Some(usize::try_from(limit).unwrap_or(usize::MAX).max(1))
            }),
            None => Ok(None),
        };
        let max_items = limit(&batcher.max_items, "MaxItemsPerBatch")?;
        let max_bytes = limit(&batcher.max_bytes, "MaxInputBytesPerBatch")?;
        let batch_input = match &batcher.input {
            Some(payload) => {
                Some(self.evaluate(id, "ItemBatcher/BatchInput", payload, Seen::input(input))?)
            }
            None => None,
        };
        let input = batch_input;
        let max_bytes = max_bytes.into_iter().chain(self.progress.limits.payload_bytes).min();
        Ok(Batches { are_wanted: true, max_items, max_bytes, input, ..Batches::default() })
    }

    /// `MaxItems`, which is negative only where a path leads to such a number.
    pub(super) fn max_items(
        &mut self,
        id: FlowId,
        amount: &Amount,
        input: &Data,
    ) -> Result<i64, Failure> {
        const FIELD: &str = "MaxItems";
        match amount {
            Amount::Path(path) => self.number_at(id, FIELD, path, input, "integer", integer),
            _ => Ok(i64::try_from(self.whole(id, FIELD, amount, input)?).unwrap_or(i64::MAX)),
        }
    }

    /// A number that is whole and not negative.
    pub(super) fn whole(
        &mut self,
        id: FlowId,
        field: &str,
        amount: &Amount,
        input: &Data,
    ) -> Result<u64, Failure> {
        match amount {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "it was checked to be between 0 and a hundred million"
            )]
            Amount::Fixed(number) => Ok(*number as u64),
            Amount::Path(path) => {
                let whole = |value: &Value| u64::try_from(integer(value)?).ok();
                self.number_at(id, field, path, input, "integer", whole)
            }
            Amount::Jsonata(expression) => {
                self.typed(id, field, expression, Seen::input(input), to::count())
            }
        }
    }

    /// The number that the path of a field leads to.
    fn number_at<T>(
        &self,
        id: FlowId,
        field: &str,
        path: &Path,
        input: &Data,
        kind: &str,
        convert: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<T, Failure> {
        let field = format!("{field}Path");
        let found = self
            .select(id, path, input)
            .map_err(|error| self.no_input_value(id, &field, &error, input))?;
        convert(found.value()).ok_or_else(|| {
            let message = format!(
                "The {field} field refers to value \"{}\" which is not a valid {kind}: {}",
                plain(found.value()),
                path.as_str()
            );
            self.runtime_failure(id, &message)
        })
    }
}

/// A number; AWS takes one that is written as a string, too.
fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => Some(number.as_f64()),
        Value::String(text) => text.parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}
