//! Wait states.

use faastlane_asl::{Kind, Seconds, Wait};
use faastlane_expr::{Path, Timestamp};
use faastlane_frame::Data;
use faastlane_value::Value;

use crate::action::TimerId;
use crate::expressions::{Seen, to};
use crate::failure::Failure;
use crate::flow::{FlowId, Phase};
use crate::turn::{Step, Turn};
use crate::{Action, Time};

impl Turn<'_> {
    pub(crate) fn wait(&mut self, id: FlowId, wait: &Wait, input: Data) -> Result<Step, Failure> {
        let until = match wait {
            Wait::Seconds(seconds) => {
                let seconds = self.seconds(id, seconds, "SecondsPath", &input)?;
                self.now.plus_seconds(seconds)
            }
            Wait::TimestampJsonata(expression) => {
                let (seen, field) = (Seen::input(&input), "Timestamp");
                let text = self.typed(id, field, expression, seen, to::string())?;
                let timestamp = Timestamp::parse(&text).map(Time::at_or_after);
                timestamp.ok_or_else(|| self.no_timestamp(id, field, expression.as_str(), &text))?
            }
            Wait::Timestamp(timestamp) => Time::at_or_after(*timestamp),
            Wait::TimestampPath(path) => self.timestamp(id, path, &input)?,
        };
        if until <= self.now {
            return self.exit_with_input(id, input);
        }
        let timer = TimerId(self.progress.ticket(id));
        self.progress.flow_mut(id).phase = Phase::Waiting(timer);
        self.actions.push(Action::StartTimer(timer, until));
        Ok(Step::Blocked)
    }

    /// Ends a Wait state whose time has come.
    pub(crate) fn waited(&mut self, id: FlowId) -> Result<Step, Failure> {
        debug_assert!(matches!(self.state(id).kind, Kind::Wait(_)), "only Wait states wait");
        let input = self.effective_input(id)?;
        self.exit_with_input(id, input)
    }

    /// A number of seconds, fixed or found by the path of `field`.
    pub(crate) fn seconds(
        &mut self,
        id: FlowId,
        seconds: &Seconds,
        field: &str,
        input: &Data,
    ) -> Result<u64, Failure> {
        let path = match seconds {
            Seconds::Fixed(seconds) => return Ok(*seconds),
            Seconds::Path(path) => path,
            Seconds::Jsonata(expression) => {
                let field = field.strip_suffix("Path").unwrap_or(field);
                return self.typed(id, field, expression, Seen::input(input), to::count());
            }
        };
        let found = self
            .select(id, path, input)
            .map_err(|error| self.no_input_value(id, field, &error, input))?;
        let refusal = |what: &str| {
            let message = format!(
                "The {field} parameter {what}: {} == {}",
                path.as_str(),
                plain(found.value())
            );
            self.runtime_failure(id, &message)
        };
        let number =
            integer(found.value()).ok_or_else(|| refusal("cannot be parsed as a long value"))?;
        u64::try_from(number).map_err(|_| refusal("references a negative value"))
    }

    fn timestamp(&mut self, id: FlowId, path: &Path, input: &Data) -> Result<Time, Failure> {
        let found = self
            .select(id, path, input)
            .map_err(|error| self.no_input_value(id, "TimestampPath", &error, input))?;
        let timestamp = found.value().as_str().and_then(Timestamp::parse);
        timestamp.map(Time::at_or_after).ok_or_else(|| {
            let found = plain(found.value());
            self.no_timestamp(id, "TimestampPath", path.as_str(), &found)
        })
    }

    fn no_timestamp(&self, id: FlowId, field: &str, expression: &str, found: &str) -> Failure {
        let message = format!(
            "The {field} parameter does not reference a valid ISO-8601 extended offset date-time \
             format string: {expression} == {found}"
        );
        self.runtime_failure(id, &message)
    }
}

/// A whole number; AWS takes one that is written as a string, too.
pub(crate) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// A value as it stands in AWS's messages: text without quotes.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_json(), str::to_owned)
}
