//! What `.$` fields and most `…Path` fields take: a JSONPath or an intrinsic function.

use faastlane_frame::Data;
use faastlane_value::ArcStr;

use crate::intrinsic::Call;
use crate::{Effects, Error, ParseError, Path, Scope};

/// A JSONPath or a call of an intrinsic function.
#[derive(Debug, Clone)]
pub enum Expression {
    /// `$.a`, `$$.Execution.Id`, `$name`
    Path(Path),
    /// `States.Format('{}', $.a)`
    Call(Call),
}

impl Expression {
    /// Parses an expression.
    ///
    /// # Errors
    /// Text that is neither a path nor a call of an intrinsic function.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let start = text.trim_start();
        if start.starts_with('$') {
            Path::parse(text).map(Self::Path)
        } else if start.starts_with("States.") {
            Call::parse(text).map(Self::Call)
        } else {
            let message = "expected a JSONPath such as $.a or an intrinsic function such as \
                           States.Format(...)";
            Err(ParseError { message: message.to_owned(), offset: 0 })
        }
    }

    /// The expression as it was written.
    #[must_use]
    pub fn as_str(&self) -> &ArcStr {
        match self {
            Self::Path(path) => path.as_str(),
            Self::Call(call) => call.as_str(),
        }
    }

    /// The value of the expression.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn evaluate(&self, scope: &Scope<'_>, effects: &mut dyn Effects) -> Result<Data, Error> {
        match self {
            Self::Path(path) => path.select(scope),
            Self::Call(call) => call.evaluate(scope, effects).map(Data::from),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_characters_tell_paths_from_calls() {
        assert!(matches!(Expression::parse(" $.a"), Ok(Expression::Path(_))));
        assert!(matches!(Expression::parse("$$"), Ok(Expression::Path(_))));
        assert!(matches!(Expression::parse(" States.UUID()"), Ok(Expression::Call(_))));
        for text in ["", "a", "States", "'text'", "States.", "{% $x %}"] {
            assert!(Expression::parse(text).is_err(), "{text}");
        }
    }
}
