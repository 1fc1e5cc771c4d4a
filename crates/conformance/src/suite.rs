//! The test suite of the JSONata project, run by our expressions.
//!
//! The suite stands outside this repository, like the recordings: a folder `groups` with a folder of
//! cases for each subject, and a folder `datasets` with documents that cases share. The suite gives
//! documents as `$`, which expressions of a state machine have not: for that there is an entry of its
//! own ([`Expression::evaluate_on`]). Cases that AWS's dialect has not are left out, with the reason.

mod case;
mod table;

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use faastlane_expr::Variables;
use faastlane_expr::jsonata::{Error, Expression, Limits, Scope};
use faastlane_frame::Data;
use faastlane_value::Value;

pub use case::{Case, Expected, Suite};
pub use table::write;

/// A folder that is no suite.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// A file or folder that cannot be read.
    #[error("cannot read '{}': {error}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// A file that holds no case.
    #[error("'{}' is no case: {message}", path.display())]
    Case {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
}

/// How a case ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As the suite says.
    Passed,
    /// In another way: what differs.
    Failed(String),
    /// Not run, as it is no part of AWS's dialect: why.
    NotApplicable(&'static str),
}

/// A case with how it ended.
#[derive(Debug)]
pub struct Report {
    /// Its group.
    pub group: String,
    /// Its place in the group: `case000.json`, or `large.json[1]`.
    pub name: String,
    /// How it ended.
    pub outcome: Outcome,
}

/// Runs all cases of the suite in `folder`.
///
/// # Errors
/// See [`Unreadable`].
pub fn run(folder: &Path) -> Result<Vec<Report>, Unreadable> {
    let Suite { cases, not_text } = Suite::read(folder)?;
    let reports = cases.into_iter().map(|case| {
        let outcome = run_case(&case);
        Report { group: case.group, name: case.name, outcome }
    });
    let refused = not_text.into_iter().map(|(group, name)| {
        let outcome = Outcome::NotApplicable("a lone surrogate, which text in UTF-8 cannot hold");
        Report { group, name, outcome }
    });
    let mut reports: Vec<_> = reports.chain(refused).collect();
    reports.sort_by(|a, b| (&a.group, &a.name).cmp(&(&b.group, &b.name)));
    Ok(reports)
}

/// What came of an expression: its value if it has one, or the code of an error.
type Found = Result<Option<Value>, String>;

fn run_case(case: &Case) -> Outcome {
    if case.expression.contains("$eval") {
        return Outcome::NotApplicable("$eval, which AWS does not have");
    }
    let found = evaluate(case);
    let same = match (&case.expected, &found) {
        (Expected::Value(expected), Ok(Some(found))) if case.unordered => {
            same_items(expected, found)
        }
        (Expected::Value(expected), Ok(Some(found))) => same(expected, found),
        (Expected::Nothing, Ok(None)) => true,
        (Expected::Error(expected), Err(found)) => {
            expected == found || found == LIMIT && LIMITS.contains(&expected.as_str())
        }
        _ => false,
    };
    if same {
        return Outcome::Passed;
    }
    let found = match found {
        Ok(Some(value)) => value.to_json(),
        Ok(None) => "nothing".to_owned(),
        Err(error) => format!("error {error}"),
    };
    Outcome::Failed(format!("{} expected, {found} found", case.expected))
}

fn evaluate(case: &Case) -> Found {
    let expression = Expression::parse_coded(&case.expression)
        .map_err(|error| error.code.map_or(error.error.message, |code| code.to_string()))?;
    let nothing = &Data::from(Value::Null);
    let bindings = case.bindings.iter().map(|(name, value)| (name.clone(), value.clone().into()));
    let variables = Variables::NONE.with(bindings);
    // The suite's own limits: it tests sequences of ten million items.
    let limits = Limits {
        depth: case.depth.unwrap_or(Limits::DEFAULT.depth),
        items: 10_000_000,
        milliseconds: case.milliseconds.unwrap_or(LONGEST_MS),
        ..Limits::DEFAULT
    };
    let scope = Scope::new(nothing, &nothing, &variables, now_ms()).with_limits(limits);
    let document = case.document.clone().map(Data::from);
    let mut state = 0_u64;
    let mut bits = || {
        state += 1;
        state
    };
    match expression.evaluate_on(document.as_ref(), &scope, &mut bits) {
        Ok(value) => Ok(Some(value.into_value())),
        Err(Error::Undefined) => Ok(None),
        Err(Error::Raised { code, message }) => Err(code.map_or(message, |code| code.to_string())),
        Err(Error::Limit { .. }) => Err(LIMIT.to_owned()),
        Err(Error::UnsupportedType) => Err("a function".to_owned()),
    }
}

/// What stands for a limit that was met: it has no code on AWS.
const LIMIT: &str = "of a limit";
/// The codes that the reference implementation has for limits.
const LIMITS: [&str; 2] = ["D2014", "U1001"];

/// How long a case may take that does not say it, in milliseconds.
const LONGEST_MS: u64 = 60_000;

/// The time, in milliseconds since 1970: some cases compare it with the clock that `jsonata-core` reads.
fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

/// Equality of JavaScript's values: numbers are doubles.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        #[expect(clippy::float_cmp, reason = "the same calculation gives the same double")]
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let mut members = a.iter();
            a.len() == b.len() && members.all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

/// Whether two arrays have the same items in any order.
fn same_items(a: &Value, b: &Value) -> bool {
    let (Value::Array(a), Value::Array(b)) = (a, b) else { return same(a, b) };
    let mut left: Vec<&Value> = b.iter().collect();
    a.len() == b.len()
        && a.iter().all(|item| {
            let place = left.iter().position(|other| same(item, other));
            place.map(|place| left.swap_remove(place)).is_some()
        })
}
