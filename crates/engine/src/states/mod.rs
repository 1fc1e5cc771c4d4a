//! What each type of state does, and what they share: where a result goes.

mod children;
mod choice;
mod map;
mod task;
mod wait;

use std::cell::LazyCell;

use faastlane_asl::{Fail, Handling, Parallel, Pass, ResultPath, Text};
use faastlane_expr::{Expression, Scope, Template};
use faastlane_frame::Data;
use faastlane_value::{ArcStr, Value, str_literal};

use crate::context;
use crate::failure::{Failure, sentence};
use crate::flow::FlowId;
use crate::random::Random;
use crate::turn::{Step, Turn};

impl Turn<'_> {
    pub(crate) fn pass(&mut self, id: FlowId, pass: &Pass, input: Data) -> Result<Step, Failure> {
        let computed = match &pass.parameters {
            Some(template) => self.evaluate(id, template, &input)?,
            None => input,
        };
        let result = pass.result.clone().map_or(computed, Data::from);
        self.exit_with(id, &pass.result_path, result)
    }

    /// A Fail state's failure; that of its own paths if one leads nowhere.
    pub(crate) fn fail(&mut self, id: FlowId, fail: &Fail, input: &Data) -> Failure {
        let mut text = |text: &Option<Text>, field| match text {
            None => Ok(None),
            Some(Text::Fixed(text)) => Ok(Some(text.clone())),
            Some(Text::Expression(expression)) => self.text(id, expression, field, input).map(Some),
        };
        let error = text(&fail.error, "ErrorPath");
        match error.and_then(|error| Ok((error, text(&fail.cause, "CausePath")?))) {
            Ok((error, cause)) => Failure::of_fail_state(error, cause),
            Err(failure) => failure,
        }
    }

    fn text(
        &mut self,
        id: FlowId,
        expression: &Expression,
        field: &str,
        input: &Data,
    ) -> Result<ArcStr, Failure> {
        let value = self
            .in_scope(id, input, None, |scope, random| expression.evaluate(scope, random))
            .map_err(|error| self.expression_failure(id, field, &error, input))?;
        match value.value() {
            Value::String(text) => Ok(text.clone()),
            other => {
                let message = format!(
                    "The {field} parameter does not reference a string: {} == {}",
                    expression.as_str(),
                    other.to_json()
                );
                Err(self.runtime_failure(id, &message))
            }
        }
    }

    pub(crate) fn parallel(
        &mut self,
        id: FlowId,
        parallel: &Parallel,
        input: Data,
    ) -> Result<Step, Failure> {
        let input = match &parallel.parameters {
            Some(template) => self.evaluate(id, template, &input)?,
            None => input,
        };
        self.start_branches(id, &parallel.branches, &input);
        Ok(Step::Blocked)
    }

    /// What a payload template makes of `input`.
    pub(crate) fn evaluate(
        &mut self,
        id: FlowId,
        template: &Template,
        input: &Data,
    ) -> Result<Data, Failure> {
        self.evaluate_for(id, template, input, None)
    }

    /// The same, with the item of a Map state in the context object.
    pub(crate) fn evaluate_for(
        &mut self,
        id: FlowId,
        template: &Template,
        input: &Data,
        item: Option<(usize, &Data)>,
    ) -> Result<Data, Failure> {
        self.in_scope(id, input, item, |scope, random| template.evaluate(scope, random))
            .map_err(|error| self.expression_failure(id, &error.field, &error.error, input))
    }

    /// What `evaluate` finds in `input` and the context object, with the execution's random numbers.
    fn in_scope<T>(
        &mut self,
        id: FlowId,
        input: &Data,
        item: Option<(usize, &Data)>,
        evaluate: impl FnOnce(&Scope<'_>, &mut Random) -> T,
    ) -> T {
        let progress = &*self.progress;
        let flow = progress.flow(id);
        let state = self.machine.state(flow.state);
        let context = LazyCell::new(|| context::build(progress, flow, state, item));
        let mut random = progress.random.clone();
        let found = evaluate(&Scope::new(input, &context), &mut random);
        self.progress.random = random;
        found
    }

    /// Ends a Task, Parallel or Map state with a result.
    pub(crate) fn exit_with_result(
        &mut self,
        id: FlowId,
        handling: &Handling,
        result: Data,
    ) -> Result<Step, Failure> {
        let result = match &handling.result_selector {
            Some(template) => self.evaluate(id, template, &result)?,
            None => result,
        };
        self.exit_with(id, &handling.result_path, result)
    }

    fn exit_with(
        &mut self,
        id: FlowId,
        result_path: &ResultPath,
        result: Data,
    ) -> Result<Step, Failure> {
        let input = &self.progress.flow(id).input;
        let output = self.place_result(id, result_path, input, result)?;
        let output = self.output(id, output)?;
        Ok(Step::Exit(output, self.state(id).next))
    }

    /// `ResultPath`: the raw input with the result in its place.
    pub(crate) fn place_result(
        &self,
        id: FlowId,
        result_path: &ResultPath,
        input: &Data,
        result: Data,
    ) -> Result<Data, Failure> {
        match result_path {
            ResultPath::Discard => Ok(input.clone()),
            ResultPath::Replace => Ok(result),
            ResultPath::At(path) => path.insert(input, result).map_err(|mismatch| {
                let error = str_literal!("States.ResultPathMatchFailure");
                self.failure(id, error, &sentence(&mismatch.to_string()))
            }),
        }
    }
}
