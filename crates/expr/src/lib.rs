//! Expressions of state machines: JSONPath, payload templates and intrinsic functions.
//!
//! Everything is compiled once, when a definition is read, and evaluated many times: values in,
//! value out. What an expression does not look at stays as it came, which may be a frame
//! ([`faastlane_frame::Data`]). Nothing here reads a clock or draws a random number; randomness comes in through
//! [`Effects`]. Recursion over expressions is bounded by limits that the parsers hold
//! ([`MAX_PARTS`], [`MAX_NESTING`]), so a hostile expression ends in an error.
//!
//! - [`path`]: JSONPath and reference paths.
//! - [`intrinsic`]: the `States.*` functions.
//! - [`expression`]: a path or an intrinsic function, as most `…Path` and `.$` fields take.
//! - [`template`]: payload templates (`Parameters`, `ResultSelector`, …).
//! - [`timestamp`]: times as Wait and Choice states compare them.
//! - [`jsonata`]: JSONata, the other query language.
//! - [`glob`]: the wildcard patterns of `StringMatches`.
//!

mod cursor;
pub mod expression;
pub mod glob;
pub mod intrinsic;
pub mod jsonata;
pub mod path;
mod scope;
pub mod template;
pub mod timestamp;
mod variables;

pub use cursor::{MAX_NESTING, MAX_PARTS, ParseError};
pub use expression::Expression;
pub use path::{Path, ReferencePath};
pub use scope::{Effects, Scope};
pub use template::Template;
pub use timestamp::Timestamp;
pub use variables::Variables;

use faastlane_value::ArcStr;

/// An expression that could not be evaluated.
///
/// Which error an execution then fails with (`States.ParameterPathFailure`, `States.Runtime`,
/// `States.IntrinsicFailure`) depends on the field, so the caller decides it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A definite path that leads nowhere.
    #[error("the JSONPath '{path}' could not be found")]
    NotFound {
        /// The path as it was written.
        path: ArcStr,
    },
    /// A path which found something that it cannot work on.
    #[error("the JSONPath '{path}' cannot be evaluated: {message}")]
    Path {
        /// The path as it was written.
        path: ArcStr,
        /// What is wrong.
        message: String,
    },
    /// An intrinsic function that refuses its arguments.
    #[error("the function '{call}' had the following error: {message}")]
    Intrinsic {
        /// The call as it was written, with its arguments.
        call: ArcStr,
        /// What is wrong.
        message: String,
    },
}
