//! Parts of answers.

use faastlane_store::Millis;
use faastlane_value::{Number, ObjectBuilder, Value};

/// A time as the protocol has it: seconds since 1970, with milliseconds as fraction.
#[expect(clippy::cast_precision_loss, reason = "milliseconds stay exact up to the year 287396")]
pub(super) fn time(at: Millis) -> Value {
    Value::Number(Number::Float(at as f64 / 1000.0))
}

/// An object that is being made; what is absent is left out, not null.
#[derive(Debug, Default)]
pub(super) struct Answer(ObjectBuilder);

impl Answer {
    pub(super) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.0.insert(name, value);
        self
    }

    pub(super) fn maybe(self, name: &'static str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    pub(super) fn at(self, name: &'static str, at: Millis) -> Self {
        self.with(name, time(at))
    }

    pub(super) fn maybe_at(self, name: &'static str, at: Option<Millis>) -> Self {
        self.maybe(name, at.map(time))
    }

    /// JSON text with its details: `input` and `inputDetails`. Without `wanted` only that it is left out.
    pub(super) fn data(self, name: Data, text: Option<String>, wanted: bool) -> Self {
        let (name, details) = name.members();
        let Some(text) = text else { return self };
        let included = Value::object([("included", Value::Bool(wanted))]);
        self.maybe(name, wanted.then_some(text)).with(details, included)
    }

    pub(super) fn build(self) -> Value {
        self.0.build()
    }
}

/// Data of an execution.
#[derive(Debug, Clone, Copy)]
pub(super) enum Data {
    Input,
    Output,
}

impl Data {
    fn members(self) -> (&'static str, &'static str) {
        match self {
            Self::Input => ("input", "inputDetails"),
            Self::Output => ("output", "outputDetails"),
        }
    }
}

/// An answer that says no more than that it was done.
pub(super) fn done() -> Value {
    Value::empty_object()
}

/// A count as a number.
pub(super) fn number(count: impl TryInto<i64>) -> Value {
    Value::from(count.try_into().unwrap_or(i64::MAX))
}
