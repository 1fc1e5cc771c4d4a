//! What each type of state does, and what they share: where a result goes.

mod children;
mod choice;
mod distributed;
mod map;
mod submitted;
mod task;
mod wait;

pub(crate) use wait::integer;

use faastlane_asl::{
    Fail, Handling, Kind, Language, Next, Parallel, Pass, Payload, ResultPath, Text,
};
use faastlane_expr::{Expression, jsonata};
use faastlane_frame::Data;
use faastlane_value::{ArcStr, Value, str_literal};

use crate::expressions::{Seen, to};
use crate::failure::{Failure, sentence};
use crate::flow::FlowId;
use crate::turn::{Exit, Step, Turn};

impl Turn<'_> {
    pub(crate) fn pass(&mut self, id: FlowId, pass: &Pass, input: Data) -> Result<Step, Failure> {
        if let Language::Jsonata { .. } = self.state(id).language {
            return self.exit_with_input(id, input);
        }
        let computed = self.passed_on(id, pass.parameters.as_ref(), input)?;
        let result = pass.result.clone().map_or(computed, Data::from);
        self.inspect("afterResultSelector", &result);
        let assigned = self.assigned(id, self.state(id).assign.as_ref(), Seen::input(&result))?;
        self.exit_with(id, &pass.result_path, result, assigned)
    }

    /// `Parameters` or `Arguments`; without them a state's input.
    pub(crate) fn passed_on(
        &mut self,
        id: FlowId,
        parameters: Option<&Payload>,
        input: Data,
    ) -> Result<Data, Failure> {
        let state = self.state(id);
        let (field, step) = match state.language {
            Language::JsonPath { .. } => ("Parameters", "afterParameters"),
            Language::Jsonata { .. } => ("Arguments", "afterArguments"),
        };
        let passed_on = match parameters {
            Some(parameters) => self.evaluate(id, field, parameters, Seen::input(&input))?,
            // Of a Parallel state AWS shows no parameters where it has none.
            None if matches!(state.kind, Kind::Parallel(_)) => return Ok(input),
            None => input,
        };
        self.inspect(step, &passed_on);
        Ok(passed_on)
    }

    /// A Fail state's failure; that of its own paths if one leads nowhere.
    pub(crate) fn fail(&mut self, id: FlowId, fail: &Fail, input: &Data) -> Failure {
        let mut text = |text: &Option<Text>, field: &'static str, path_field| match text {
            None => Ok(None),
            Some(Text::Fixed(text)) => Ok(Some(text.clone())),
            Some(Text::Expression(expression)) => {
                self.text(id, expression, path_field, input).map(Some)
            }
            Some(Text::Jsonata(expression)) => {
                self.typed(id, field, expression, Seen::input(input), to::string()).map(Some)
            }
        };
        let error = text(&fail.error, "Error", "ErrorPath");
        match error.and_then(|error| Ok((error, text(&fail.cause, "Cause", "CausePath")?))) {
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
            .in_scope(id, Seen::input(input), |scope, random| expression.evaluate(scope, random))
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
        let input = self.passed_on(id, parallel.parameters.as_ref(), input)?;
        if self.is_test() {
            return self.mocked_children(id, &parallel.handling);
        }
        self.start_branches(id, &parallel.branches, &input);
        Ok(Step::Blocked)
    }

    /// Ends a state that has no result: its input goes on.
    pub(crate) fn exit_with_input(&mut self, id: FlowId, input: Data) -> Result<Step, Failure> {
        let state = self.state(id);
        self.exit_to(id, input, state.assign.as_ref(), state.language.output(), state.next)
    }

    /// The same with the variables, the output and the next state of a Choice rule.
    pub(crate) fn exit_to(
        &mut self,
        id: FlowId,
        input: Data,
        assign: Option<&Payload>,
        output: Option<&jsonata::Template>,
        next: Next,
    ) -> Result<Step, Failure> {
        let assigned = self.assigned(id, assign, Seen::input(&input))?;
        let output = match (&self.state(id).language, output) {
            (Language::JsonPath { .. }, _) => self.output(id, input)?,
            (Language::Jsonata { .. }, Some(output)) => {
                self.evaluate_jsonata(id, "Output", output, Seen::input(&input))?
            }
            (Language::Jsonata { .. }, None) => input,
        };
        Ok(Step::Exit(Exit { output, assigned, next }))
    }

    /// Ends a Task, Parallel or Map state with a result.
    pub(crate) fn exit_with_result(
        &mut self,
        id: FlowId,
        handling: &Handling,
        result: Data,
    ) -> Result<Step, Failure> {
        let state = self.state(id);
        if let Kind::Task(_) = state.kind {
            self.inspect("result", &result);
        }
        let seen = Seen::result(&result);
        let assigned = self.assigned(id, state.assign.as_ref(), seen)?;
        if let Language::Jsonata { output } = &state.language {
            let output = match output {
                Some(output) => self.evaluate_jsonata(id, "Output", output, seen)?,
                None => result,
            };
            return Ok(Step::Exit(Exit { output, assigned, next: state.next }));
        }
        let result = match &handling.result_selector {
            Some(selector) => self.evaluate(id, "ResultSelector", selector, seen)?,
            None => result,
        };
        self.inspect("afterResultSelector", &result);
        self.exit_with(id, &handling.result_path, result, assigned)
    }

    /// Ends a state of JSONPath whose result goes to a place in its input.
    fn exit_with(
        &mut self,
        id: FlowId,
        result_path: &ResultPath,
        result: Data,
        assigned: Vec<(ArcStr, Data)>,
    ) -> Result<Step, Failure> {
        let input = &self.progress.flow(id).input;
        let output = self.place_result(id, result_path, input, result)?;
        self.inspect("afterResultPath", &output);
        let output = self.output(id, output)?;
        Ok(Step::Exit(Exit { output, assigned, next: self.state(id).next }))
    }

    /// `OutputPath` applied to what a state of JSONPath would put out.
    fn output(&mut self, id: FlowId, output: Data) -> Result<Data, Failure> {
        let Language::JsonPath { output_path, .. } = &self.state(id).language else {
            return Ok(output);
        };
        match output_path {
            None => Ok(Value::empty_object().into()),
            Some(path) if path.is_input() => Ok(output),
            Some(path) => self
                .select(id, path, &output)
                .map_err(|error| self.invalid_path(id, &error, &output)),
        }
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
