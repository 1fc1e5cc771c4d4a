//! Whether an execution did what its test expects, and how it differs.

use faastlane_engine::Outcome;
use faastlane_value::{ArcStr, ObjectBuilder, Value};

use crate::case::Expected;

/// What came of an execution.
#[derive(Debug, Clone, PartialEq)]
pub struct Actual {
    /// `SUCCEEDED`, `FAILED`, …
    pub status: &'static str,
    /// The output of one that succeeded.
    pub output: Option<Value>,
    /// The error's name.
    pub error: Option<ArcStr>,
    /// Its cause.
    pub cause: Option<ArcStr>,
    /// The states of the machine itself that were entered.
    pub states: Vec<ArcStr>,
}

/// Something that is not as it was expected.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// `status`, `output`, `error`, `cause` or `states`.
    pub what: &'static str,
    /// What was expected; where only a part was, the other parts as they are.
    pub expected: Value,
    /// What there was; `null` for nothing.
    pub actual: Value,
}

impl Actual {
    /// From how an execution ended.
    #[must_use]
    pub fn new(outcome: Outcome, states: Vec<ArcStr>) -> Self {
        let (status, output, error, cause) = match outcome {
            Outcome::Succeeded(output) => ("SUCCEEDED", Some(output.into_value()), None, None),
            Outcome::Failed { error, cause } => ("FAILED", None, error, cause),
            Outcome::TimedOut { error, cause } => ("TIMED_OUT", None, error, cause),
            Outcome::Aborted { error, cause } => ("ABORTED", None, error, cause),
        };
        Self { status, output, error, cause, states }
    }

    /// All that is not as expected.
    #[must_use]
    pub fn differences(&self, expected: &Expected) -> Vec<Difference> {
        let text = |text: &Option<ArcStr>| text.clone().map_or(Value::Null, Value::from);
        let output = || self.output.clone().unwrap_or(Value::Null);
        let mut differences = Vec::new();
        let mut compare = |what, expected: Value, actual: Value| {
            if !same(&expected, &actual) {
                differences.push(Difference { what, expected, actual });
            }
        };
        compare("status", expected.status.clone().into(), self.status.into());
        if let Some(wanted) = &expected.output {
            compare("output", wanted.clone(), ordered(&output(), wanted));
        }
        if let Some(part) = &expected.output_includes {
            compare("output", merged(part, &output()), output());
        }
        if expected.error.is_some() {
            compare("error", text(&expected.error), text(&self.error));
        }
        if expected.cause.is_some() {
            compare("cause", text(&expected.cause), text(&self.cause));
        }
        if let Some(part) = &expected.cause_includes
            && !self.cause.as_ref().is_some_and(|cause| cause.contains(part.as_str()))
        {
            compare("cause", format!("… {part} …").into(), text(&self.cause));
        }
        if let Some(states) = &expected.states {
            let names = |names: &[ArcStr]| Value::array(names.iter().cloned().map(Value::from));
            compare("states", names(states), names(&self.states));
        }
        differences
    }

    /// The error and the cause where nobody expected them, for people: `ValueError: no such order`.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        let parts: Vec<&str> =
            [&self.error, &self.cause].into_iter().flatten().map(ArcStr::as_str).collect();
        (!parts.is_empty()).then(|| parts.join(": "))
    }

    /// A test with what there was in place of what was expected, which keeps its other members.
    #[must_use]
    pub fn update(&self, test: &Value, expected: &Expected) -> Value {
        let mut wanted = ObjectBuilder::default();
        wanted.insert("status", self.status);
        if let Some(output) = &self.output {
            wanted.insert("output", output.clone());
        }
        if let Some(error) = &self.error {
            wanted.insert("error", error.clone());
        }
        match (&self.cause, &expected.cause_includes) {
            (Some(cause), Some(part)) if cause.contains(part.as_str()) => {
                wanted.insert("causeIncludes", part.clone());
            }
            (Some(cause), _) => wanted.insert("cause", cause.clone()),
            (None, _) => {}
        }
        if expected.states.is_some() {
            wanted.insert("states", Value::array(self.states.iter().cloned().map(Value::from)));
        }
        let mut updated = ObjectBuilder::default();
        let members = test.as_object().into_iter().flat_map(|members| members.iter());
        for (name, value) in members.filter(|(name, _)| name != "expected") {
            updated.insert(name.clone(), value.clone());
        }
        updated.insert("expected", wanted.build());
        updated.build()
    }
}

/// Whether two values are equal, whatever the order of members.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| same(a, b))
        }
        _ => a == b,
    }
}

/// `value` with its members in the order of `model`, so that the two can be read side by side.
fn ordered(value: &Value, model: &Value) -> Value {
    match (value, model) {
        (Value::Object(members), Value::Object(model)) => {
            let known = model.iter().filter_map(|(name, model)| {
                Some((name.clone(), ordered(members.get(name)?, model)))
            });
            let new = members.iter().filter(|(name, _)| model.get(name).is_none()).cloned();
            Value::object(known.chain(new))
        }
        (Value::Array(items), Value::Array(model)) => {
            let models = model.iter().map(Some).chain(std::iter::repeat(None));
            Value::array(items.iter().zip(models).map(|(item, model)| match model {
                Some(model) => ordered(item, model),
                None => item.clone(),
            }))
        }
        _ => value.clone(),
    }
}

/// What an output is expected to be of which only `part` is: the members that it does not name are as
/// they are.
fn merged(part: &Value, actual: &Value) -> Value {
    match (part, actual) {
        (Value::Object(part), Value::Object(actual)) => {
            let kept = actual.iter().map(|(name, actual)| {
                let value =
                    part.get(name).map_or_else(|| actual.clone(), |part| merged(part, actual));
                (name.clone(), value)
            });
            let missing = part.iter().filter(|(name, _)| actual.get(name).is_none()).cloned();
            Value::object(kept.chain(missing))
        }
        (Value::Array(part), Value::Array(actual)) if part.len() == actual.len() => {
            Value::array(part.iter().zip(actual.iter()).map(|(part, actual)| merged(part, actual)))
        }
        _ => part.clone(),
    }
}
