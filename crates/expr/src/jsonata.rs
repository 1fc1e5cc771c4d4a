//! JSONata, the other query language of Step Functions: `{% $states.input.name %}`.
//!
//! The language itself is the crate `jsonata-core`. What is ours is all around it: what an expression
//! sees ([`Scope`]), AWS's own functions, the way of values in and out, the limits that every
//! evaluation has, and AWS's words for what fails. An evaluator of our own was the other way; the
//! reference suite has 1,686 cases, and whatever is wrong in the crate is better mended there.
//!
//! Differences from standard JSONata are AWS's: no `$eval`, `$` and `$$` are nothing at the top, and
//! `$partition`, `$range`, `$hash`, `$random(seed)`, `$uuid` and `$parse` are there ("Transforming
//! data with JSONata" in the AWS developer guide).

mod budget;
mod convert;
mod effort;
mod error;
mod expression;
mod functions;
mod guard;
mod kept;
mod limits;
mod member;
mod scope;
mod template;
#[cfg(test)]
mod tests;
mod uses;
mod walk;
mod words;

pub use error::{Error, SyntaxError};
pub use expression::Expression;
pub use limits::Limits;
pub use scope::Scope;
pub use template::{Failed, Template};

/// What stands between `{%` and `%}`, if a text begins and ends with them. White space before or after
/// them makes it a plain text.
#[must_use]
pub fn delimited(text: &str) -> Option<&str> {
    text.strip_prefix("{%")?.strip_suffix("%}")
}
