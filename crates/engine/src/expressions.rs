//! Expressions of states, in both query languages: what they see, and how their errors read.
//!
//! The wording of causes and the `EvaluationFailed` event follow executions recorded on AWS.

use std::cell::LazyCell;
use std::ops::Deref;

use faastlane_asl::Payload;
use faastlane_expr::jsonata::{self, Failed};
use faastlane_expr::{Scope, Template};
use faastlane_frame::Data;
use faastlane_value::{ArcStr, Value, str_literal};

use crate::EventKind;
use crate::context;
use crate::failure::Failure;
use crate::flow::{Flow, FlowId};
use crate::random::Random;
use crate::turn::Turn;

/// What the expressions of a state may look at, besides variables and the context object.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    /// `$` of JSONPath.
    pub(crate) document: &'a Data,
    /// The item of a Map state whose iteration begins: part of the context object.
    pub(crate) item: Option<(usize, &'a Data)>,
    /// `$states.result` of JSONata.
    pub(crate) result: Option<&'a Data>,
    /// `$states.errorOutput` of JSONata.
    pub(crate) error_output: Option<&'a Data>,
}

impl<'a> Seen<'a> {
    /// A state's input, as its paths and templates see it.
    pub(crate) fn input(document: &'a Data) -> Self {
        Self { document, item: None, result: None, error_output: None }
    }

    /// A state's result.
    pub(crate) fn result(result: &'a Data) -> Self {
        Self { result: Some(result), ..Self::input(result) }
    }

    /// The output of a state that failed.
    pub(crate) fn error_output(error: &'a Data) -> Self {
        Self { error_output: Some(error), ..Self::input(error) }
    }
}

/// What is wrong with the value of an expression in JSONata.
pub(crate) enum Wrong {
    /// There is none.
    Error(jsonata::Error),
    /// It is not of the type that its field takes.
    Type {
        /// That type.
        expected: &'static str,
        /// The value.
        value: Data,
    },
}

impl Turn<'_> {
    /// What the payload of a field makes.
    pub(crate) fn evaluate(
        &mut self,
        id: FlowId,
        field: &str,
        payload: &Payload,
        seen: Seen<'_>,
    ) -> Result<Data, Failure> {
        match payload {
            Payload::JsonPath(template) => self.evaluate_template(id, template, seen),
            Payload::Jsonata(template) => self.evaluate_jsonata(id, field, template, seen),
        }
    }

    fn evaluate_template(
        &mut self,
        id: FlowId,
        template: &Template,
        seen: Seen<'_>,
    ) -> Result<Data, Failure> {
        self.in_scope(id, seen, |scope, random| template.evaluate(scope, random))
            .map_err(|error| self.expression_failure(id, &error.field, &error.error, seen.document))
    }

    /// What a template in JSONata makes.
    pub(crate) fn evaluate_jsonata(
        &mut self,
        id: FlowId,
        field: &str,
        template: &jsonata::Template,
        seen: Seen<'_>,
    ) -> Result<Data, Failure> {
        self.in_jsonata(id, seen, |scope, random| template.evaluate(scope, random)).map_err(
            |Failed { place, expression, error }| {
                let location = format!("{field}{place}");
                self.wrong_value(id, &location, &expression, &Wrong::Error(error))
            },
        )
    }

    /// The value of an expression in JSONata, if `convert` takes it; it is to be `expected`.
    pub(crate) fn typed<T>(
        &mut self,
        id: FlowId,
        field: &str,
        expression: &jsonata::Expression,
        seen: Seen<'_>,
        (expected, convert): (&'static str, impl FnOnce(&Value) -> Option<T>),
    ) -> Result<T, Failure> {
        let found = self.in_jsonata(id, seen, |scope, random| expression.evaluate(scope, random));
        let wrong = match found {
            Err(error) => Wrong::Error(error),
            Ok(value) => match convert(value.value()) {
                Some(converted) => return Ok(converted),
                None => Wrong::Type { expected, value },
            },
        };
        Err(self.wrong_value(id, field, expression.as_str(), &wrong))
    }

    /// An expression in JSONata that has no value, or none that its field takes.
    pub(crate) fn wrong_value(
        &mut self,
        id: FlowId,
        location: &str,
        expression: &str,
        wrong: &Wrong,
    ) -> Failure {
        let why = match wrong {
            Wrong::Error(jsonata::Error::Undefined) => "returned nothing (undefined).".to_owned(),
            Wrong::Error(jsonata::Error::UnsupportedType) => {
                "returned an unsupported result type.".to_owned()
            }
            // An error has a code and is a sentence of its own; a limit has none (public reports).
            Wrong::Error(error @ jsonata::Error::Limit { .. }) => {
                format!("threw an error during evaluation: {error}")
            }
            Wrong::Error(error) => format!("threw an error during evaluation. {error}"),
            Wrong::Type { expected, value } => {
                let (kind, text) = (value.value().kind(), value.to_json());
                format!(
                    "returned an unexpected result type. Expected '{expected}', but was '{kind}' \
                     for value: {text}"
                )
            }
        };
        let message = format!(
            "The JSONata expression '{expression}' specified for the field '{location}' {why}"
        );
        self.query_failure(id, Some(location), &message)
    }

    /// A failure of the query language, and its event.
    ///
    /// Where the state has done nothing yet, the event follows from what came before the state: so it
    /// was recorded on AWS.
    pub(crate) fn query_failure(
        &mut self,
        id: FlowId,
        location: Option<&str>,
        message: &str,
    ) -> Failure {
        let failure = self.failure(id, str_literal!("States.QueryEvaluationError"), message);
        let flow = self.progress.flow(id);
        let previous = match flow.last_event {
            last if last == flow.entered_event => flow.came_from,
            last => last,
        };
        let kind = EventKind::EvaluationFailed {
            details: failure.clone().into_details(),
            location: location.map(ArcStr::from),
            state: self.state(id).name.clone(),
        };
        let event = self.emit(flow.within, previous, kind);
        self.progress.flow_mut(id).last_event = event;
        failure.of_query()
    }

    /// The variables that `Assign` sets.
    pub(crate) fn assigned(
        &mut self,
        id: FlowId,
        assign: Option<&Payload>,
        seen: Seen<'_>,
    ) -> Result<Vec<(ArcStr, Data)>, Failure> {
        let Some(assign) = assign else { return Ok(Vec::new()) };
        let variables = self.evaluate(id, "Assign", assign, seen)?;
        Ok(variables.members().unwrap_or_default())
    }

    /// What `evaluate` finds with JSONPath, with the execution's random numbers.
    pub(crate) fn in_scope<T>(
        &mut self,
        id: FlowId,
        seen: Seen<'_>,
        evaluate: impl FnOnce(&Scope<'_>, &mut Random) -> T,
    ) -> T {
        self.in_context(id, seen, |flow, context, random| {
            evaluate(&Scope::new(seen.document, context, &flow.variables), random)
        })
    }

    /// The same with JSONata.
    pub(crate) fn in_jsonata<T>(
        &mut self,
        id: FlowId,
        seen: Seen<'_>,
        evaluate: impl FnOnce(&jsonata::Scope<'_>, &mut Random) -> T,
    ) -> T {
        let now = self.now.0;
        let limits = match self.progress.limits.aws_expressions {
            true => jsonata::Limits::AWS,
            false => jsonata::Limits::DEFAULT,
        };
        self.in_context(id, seen, |flow, context, random| {
            let scope = jsonata::Scope::new(&flow.input, context, &flow.variables, now);
            let mut scope = scope.with_limits(limits);
            if let Some(result) = seen.result {
                scope = scope.with_result(result);
            }
            if let Some(error) = seen.error_output {
                scope = scope.with_error_output(error);
            }
            evaluate(&scope, random)
        })
    }

    fn in_context<T>(
        &mut self,
        id: FlowId,
        seen: Seen<'_>,
        evaluate: impl FnOnce(&Flow, &dyn Deref<Target = Data>, &mut Random) -> T,
    ) -> T {
        let progress = &*self.progress;
        let flow = progress.flow(id);
        let state = self.machine.state(flow.state);
        let context = LazyCell::new(|| context::build(progress, flow, state, seen.item));
        let mut random = progress.random.clone();
        let found = evaluate(flow, &context, &mut random);
        self.progress.random = random;
        found
    }
}

/// Conversions of what an expression gives, with the name of the type that AWS's causes use.
pub(crate) mod to {
    use faastlane_value::{ArcStr, Value};

    use crate::states::integer;

    pub(crate) fn string() -> (&'static str, impl FnOnce(&Value) -> Option<ArcStr>) {
        ("string", |value| match value {
            Value::String(text) => Some(text.clone()),
            _ => None,
        })
    }

    /// A number that is whole and not negative.
    pub(crate) fn count() -> (&'static str, impl FnOnce(&Value) -> Option<u64>) {
        ("number", |value| match value {
            Value::Number(_) => integer(value).and_then(|number| u64::try_from(number).ok()),
            _ => None,
        })
    }
}
