//! Choice states.

use faastlane_expr::glob::Glob;
use faastlane_expr::{Path, jsonata};
use faastlane_value::Value;

use super::{Payload, StateId};

/// Fields of a Choice state.
#[derive(Debug)]
pub struct Choice {
    /// `Choices`, in order.
    pub rules: Vec<ChoiceRule>,
    /// `Default`
    pub default: Option<StateId>,
}

/// One rule of a Choice state.
#[derive(Debug)]
pub struct ChoiceRule {
    /// When it applies.
    pub condition: Condition,
    /// `Output` of JSONata.
    pub output: Option<jsonata::Template>,
    /// `Assign`
    pub assign: Option<Payload>,
    /// `Next`
    pub next: StateId,
}

/// A boolean expression of a Choice rule.
#[derive(Debug)]
pub enum Condition {
    /// `And`
    And(Vec<Condition>),
    /// `Or`
    Or(Vec<Condition>),
    /// `Not`
    Not(Box<Condition>),
    /// A data test on `Variable`.
    Test {
        /// `Variable`
        variable: Path,
        /// The operator and what it compares with.
        test: Test,
    },
    /// `Condition` of JSONata, fixed.
    Fixed(bool),
    /// `Condition` of JSONata.
    Jsonata(jsonata::Expression),
}

/// A data test: the operator of a Choice rule.
#[derive(Debug)]
pub enum Test {
    /// `IsPresent`
    IsPresent(bool),
    /// `IsNull`, `IsNumeric`, `IsString`, `IsBoolean`, `IsTimestamp`
    IsKind(ValueKind, bool),
    /// `StringMatches`
    StringMatches(Glob),
    /// `StringEquals`, `NumericLessThanPath`, …
    Compare(ValueKind, Relation, Operand),
}

/// The kinds of value that Choice operators tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// `null`
    Null,
    /// A boolean.
    Boolean,
    /// A number.
    Numeric,
    /// A string.
    String,
    /// A string that is an RFC 3339 timestamp.
    Timestamp,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// `…Equals`
    Equals,
    /// `…LessThan`
    LessThan,
    /// `…LessThanEquals`
    LessThanEquals,
    /// `…GreaterThan`
    GreaterThan,
    /// `…GreaterThanEquals`
    GreaterThanEquals,
}

/// What a Choice operator compares with.
#[derive(Debug)]
pub enum Operand {
    /// A fixed value.
    Value(Value),
    /// `…Path`: a value in the input or context object.
    Path(Path),
}
