//! JSONata, the other query language of Step Functions.
//!
//! Literal payloads work. Expressions are refused when a definition is read.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use faastlane_frame::Data;
use faastlane_value::{ArcStr, Value};

use crate::{Effects, ParseError, Variables, template};

/// A compiled expression.
#[derive(Debug, Clone)]
pub struct Expression(ArcStr);

impl Expression {
    /// Compiles what stands between `{%` and `%}`.
    ///
    /// # Errors
    /// Any text: expressions are not supported yet.
    pub fn parse(_: &str) -> Result<Self, ParseError> {
        Err(ParseError { message: NOT_YET.to_owned(), offset: 0 })
    }

    /// The text, without white space around it.
    #[must_use]
    pub fn as_str(&self) -> &ArcStr {
        &self.0
    }

    /// The value of the expression.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn evaluate(&self, _: &Scope<'_>, _: &mut dyn Effects) -> Result<Data, Error> {
        Err(Error::Undefined)
    }
}

const NOT_YET: &str = "JSONata expressions are not supported yet";

/// What an expression sees: `$states`, variables, the time.
#[derive(Clone, Copy)]
pub struct Scope<'a>(PhantomData<&'a Data>);

impl<'a> Scope<'a> {
    /// What a state sees at the time `now_ms`, in milliseconds since 1970.
    #[must_use]
    pub fn new(
        _: &'a Data,
        _: &'a dyn Deref<Target = Data>,
        _: &'a Variables,
        _now_ms: i64,
    ) -> Self {
        Self(PhantomData)
    }

    /// The same with `$states.result`.
    #[must_use]
    pub fn with_result(self, _: &'a Data) -> Self {
        self
    }

    /// The same with `$states.errorOutput`.
    #[must_use]
    pub fn with_error_output(self, _: &'a Data) -> Self {
        self
    }
}

impl fmt::Debug for Scope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").finish_non_exhaustive()
    }
}

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It gave nothing.
    #[error("returned nothing (undefined)")]
    Undefined,
    /// A function, or another thing that JSON has not.
    #[error("returned an unsupported result type")]
    UnsupportedType,
    /// An error of JSONata or of one of its functions.
    #[error("{}{message}", code.as_ref().map(|code| format!("{code}: ")).unwrap_or_default())]
    Raised {
        /// `T2001`
        code: Option<ArcStr>,
        /// What is wrong.
        message: String,
    },
    /// It needs more time, depth or memory than an expression may have.
    #[error("{message}")]
    Limit {
        /// Which limit.
        message: String,
    },
}

/// JSON whose strings from `{%` to `%}` are expressions.
#[derive(Debug, Clone)]
pub struct Template(Value);

impl Template {
    /// Compiles a template.
    ///
    /// # Errors
    /// All mistakes, in the order of the text.
    pub fn compile(value: &Value) -> Result<Self, Vec<template::Error>> {
        let mut errors = Vec::new();
        find(value, "", &mut errors);
        if errors.is_empty() { Ok(Self(value.clone())) } else { Err(errors) }
    }

    /// The value of the template.
    ///
    /// # Errors
    /// The first expression that has no value.
    pub fn evaluate(&self, _: &Scope<'_>, _: &mut dyn Effects) -> Result<Data, Failed> {
        Ok(self.0.clone().into())
    }

    /// Its expression, if it is one and nothing else.
    #[must_use]
    pub fn as_expression(&self) -> Option<&Expression> {
        None
    }
}

fn find(value: &Value, pointer: &str, errors: &mut Vec<template::Error>) {
    match value {
        Value::String(text) if delimited(text).is_some() => {
            let (pointer, message) = (pointer.to_owned(), NOT_YET.to_owned());
            errors.push(template::Error { pointer, message });
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                find(item, &format!("{pointer}/{at}"), errors);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                find(member, &format!("{pointer}/{key}"), errors);
            }
        }
        _ => {}
    }
}

/// An expression of a template that has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Where it stands in the template: nothing for the template itself, `/result`, …
    pub place: String,
    /// Its text.
    pub expression: ArcStr,
    /// Why there is no value.
    pub error: Error,
}

/// What stands between `{%` and `%}`, if a text begins and ends with them.
#[must_use]
pub fn delimited(text: &str) -> Option<&str> {
    text.strip_prefix("{%")?.strip_suffix("%}")
}
