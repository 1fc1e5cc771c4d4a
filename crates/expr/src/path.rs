//! JSONPath as Step Functions takes it: Jayway JsonPath 2.x's dialect and behaviour.
//!
//! A path is parsed into a list of steps. A definite path made of names and indexes, which nearly all
//! are, is followed by reference, and into a frame without decoding what lies beside it; everything
//! else goes through a walk that collects matches. The road not taken: RFC 9535 and the crates for it, whose filters, functions
//! and slices differ from what AWS runs.
//!
//! Rules worth knowing, all of them Jayway's:
//! - An indefinite path (wildcard, slice, filter, `..`, several names or indexes) gives an array of
//!   matches, `[]` if there are none, also where a parent is missing.
//! - `['a','b']` as the last step is definite and gives an object with the members that exist.
//! - A slice with two bounds does not count them from the end first: `[1:-1]` is empty.
//! - A filter on an object tests the object itself, on an array its items.
//! - Functions work on the value before them. After `..` they work on the list of all matches.
//! - Numbers that functions calculate are doubles: `$.list.sum()` of `[1, 2]` is `3.0`.
//!
//! Differences: a third part of a slice (`[0:9:2]`), which Jayway ignores, is refused; and names after
//! a dot take the escapes of the States Language (`$.store\.book`).

mod filter;
mod function;
mod parse;
mod reference;
#[cfg(test)]
mod tests;
mod walk;

pub use reference::{Mismatch, ReferencePath};

use faastlane_frame::Data;
use faastlane_value::ArcStr;

use crate::cursor::Cursor;
use crate::{Error, ParseError, Scope};
use walk::{Steps, Walk};

/// How many values one evaluation may visit: a path such as `$..*..*..*` could take hours.
pub const MAX_VISITS: u32 = 50_000_000;

/// A parsed JSONPath.
#[derive(Debug, Clone)]
pub struct Path {
    text: ArcStr,
    root: Root,
    steps: Steps,
}

/// The document at which a path starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Root {
    /// `$`: the input of the state, or what the field works on.
    Input,
    /// `$$`: the context object.
    Context,
    /// `$name`: a variable.
    Variable(ArcStr),
}

impl Path {
    /// Parses a path; white space around it is ignored.
    ///
    /// # Errors
    /// Text that is no path, or one beyond [`crate::MAX_PARTS`] or [`crate::MAX_NESTING`].
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        parse::whole(text)
    }

    /// Reads a path off the arguments of an intrinsic function.
    pub(crate) fn parse_argument(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        parse::prefix(cursor, parse::Within::Arguments)
    }

    /// The path as it was written.
    #[must_use]
    pub fn as_str(&self) -> &ArcStr {
        &self.text
    }

    /// The document at which it starts.
    #[must_use]
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// Whether it is `$`: the input as it is.
    #[must_use]
    #[inline]
    pub fn is_input(&self) -> bool {
        self.root == Root::Input && self.steps.list().is_empty()
    }

    /// Whether it leads to one value at most.
    #[must_use]
    pub fn is_definite(&self) -> bool {
        self.steps.is_definite()
    }

    /// Whether it is a reference path: names and indexes only (States Language, "Reference Paths").
    #[must_use]
    pub fn is_reference(&self) -> bool {
        self.steps.is_reference()
    }

    /// The value that the path leads to; for an indefinite path an array of all matches.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a definite path that leads nowhere, [`Error::Path`] where a function
    /// in the path cannot work on its value or the path visits too many values
    /// ([`MAX_VISITS`]).
    pub fn select(&self, scope: &Scope<'_>) -> Result<Data, Error> {
        let not_found = || Error::NotFound { path: self.text.clone() };
        let data: &Data = match &self.root {
            Root::Input => scope.input,
            Root::Context => scope.context,
            Root::Variable(name) => scope.variables.get(name).ok_or_else(not_found)?,
        };
        if self.steps.is_followed() {
            return self.steps.follow(data).ok_or_else(not_found);
        }
        let document = data.value();
        match Walk::new(document).select(&self.steps, document) {
            Ok(found) => found.map(Data::from).ok_or_else(not_found),
            Err(message) => Err(Error::Path { path: self.text.clone(), message }),
        }
    }
}
