//! Compares what was recorded with what came out, value by value.
//!
//! Recordings stand in for what changes from run to run with tokens. They are matched as wildcards
//! inside strings, and not substituted beforehand, because the actual text is not known then.

use faastlane_value::{Array, Object, Value, json};

/// Members that AWS's own clients and runtime write: nobody else's can be equal.
const IGNORED: [&str; 4] = ["stackTrace", "requestId", "SdkHttpMetadata", "SdkResponseMetadata"];

/// Members that older recordings lack because AWS did not have them yet.
const ADDED_LATER: [&str; 1] = ["RedriveCount"];

/// The parts of a recording that stand for something else in every run.
#[derive(Debug, Clone, Default)]
pub struct Volatile {
    /// Strings that may be any value.
    whole: Vec<String>,
    /// Text that may be any other text inside a string; the longest first, since one may begin another.
    inside: Vec<String>,
}

impl Volatile {
    /// Reads the recording's list: `=word` is a whole string, anything else is part of one.
    pub fn new<'a>(tokens: impl IntoIterator<Item = &'a str>) -> Self {
        let mut volatile = Self::default();
        for token in tokens {
            match token.strip_prefix('=') {
                Some(word) => volatile.whole.push(word.to_owned()),
                None if !token.is_empty() => volatile.inside.push(token.to_owned()),
                None => {}
            }
        }
        volatile.inside.sort_by_key(|token| std::cmp::Reverse(token.len()));
        volatile
    }

    fn is_any(&self, expected: &Value) -> bool {
        expected.as_str().is_some_and(|text| self.whole.iter().any(|word| word == text))
    }

    /// The texts between the tokens of `expected`: one more than there are tokens.
    fn fixed_parts<'t>(&self, expected: &'t str) -> Vec<&'t str> {
        let (mut parts, mut start, mut at) = (Vec::new(), 0, 0);
        while let Some(next) = expected[at..].chars().next() {
            match self.inside.iter().find(|token| expected[at..].starts_with(token.as_str())) {
                Some(token) => {
                    parts.push(&expected[start..at]);
                    at += token.len();
                    start = at;
                }
                None => at += next.len_utf8(),
            }
        }
        parts.push(&expected[start..]);
        parts
    }

    fn text_matches(&self, expected: &str, actual: &str) -> bool {
        match &self.fixed_parts(expected)[..] {
            [whole] => *whole == actual,
            [first, middle @ .., last] => {
                let rest = actual.strip_prefix(first).and_then(|rest| rest.strip_suffix(last));
                // Taking each part at its first place leaves the most room for those that follow.
                let find = |rest: &str, part: &&str| Some(rest.find(*part)? + part.len());
                let mut rest = rest;
                for part in middle {
                    rest = rest.and_then(|rest| rest.get(find(rest, part)?..));
                }
                rest.is_some()
            }
            [] => false,
        }
    }
}

/// The first place at which two values differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Where, as a path from the compared values: `output.items[3]`.
    pub place: String,
    /// What was recorded, shortened.
    pub expected: String,
    /// What came out, shortened.
    pub actual: String,
}

impl Difference {
    /// A difference between two texts at `place`.
    pub fn new(place: impl Into<String>, expected: &str, actual: &str) -> Self {
        let place = place.into();
        Self { place, expected: shortened(expected, actual), actual: shortened(actual, expected) }
    }

    fn within(mut self, outer: &str) -> Self {
        let dot = if self.place.is_empty() || self.place.starts_with('[') { "" } else { "." };
        self.place = format!("{outer}{dot}{}", self.place);
        self
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { place, expected, actual } = self;
        write!(f, "{place}: expected {expected}, got {actual}")
    }
}

/// `expected` matches `actual` as the corpus's README defines it; the first difference, if not.
///
/// # Errors
/// The first difference.
pub fn values(expected: &Value, actual: &Value, volatile: &Volatile) -> Result<(), Difference> {
    if volatile.is_any(expected) {
        return Ok(());
    }
    let same = match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            return objects(expected, actual, volatile);
        }
        (Value::Array(expected), Value::Array(actual)) => {
            return arrays(expected, actual, volatile);
        }
        (Value::Object(_), Value::String(text)) => match json::parse(text.as_bytes()) {
            Ok(actual @ Value::Object(_)) => return values(expected, &actual, volatile),
            _ => false,
        },
        (Value::String(expected), Value::String(actual)) => {
            volatile.text_matches(expected, actual) || json_texts_match(expected, actual, volatile)
        }
        _ => expected == actual,
    };
    if same { Ok(()) } else { Err(Difference::new("", &expected.to_json(), &actual.to_json())) }
}

/// The same for members that may be absent.
///
/// # Errors
/// The first difference, at the place `name`.
pub fn members(
    name: &str,
    expected: Option<&Value>,
    actual: Option<&Value>,
    volatile: &Volatile,
) -> Result<(), Difference> {
    match (expected, actual) {
        (None, None) => Ok(()),
        (Some(expected), Some(actual)) => {
            values(expected, actual, volatile).map_err(|difference| difference.within(name))
        }
        (Some(expected), None) => Err(Difference::new(name, &expected.to_json(), "nothing")),
        (None, Some(actual)) => Err(Difference::new(name, "nothing", &actual.to_json())),
    }
}

fn objects(expected: &Object, actual: &Object, volatile: &Volatile) -> Result<(), Difference> {
    let counts = |name: &str| !IGNORED.contains(&name);
    for (name, value) in expected.iter().filter(|(name, _)| counts(name)) {
        members(name, Some(value), actual.get(name), volatile)?;
    }
    let is_new = |name: &str| !ADDED_LATER.contains(&name) && expected.get(name).is_none();
    match actual.iter().find(|(name, _)| counts(name) && is_new(name)) {
        Some((name, value)) => members(name, None, Some(value), volatile),
        None => Ok(()),
    }
}

fn arrays(expected: &Array, actual: &Array, volatile: &Volatile) -> Result<(), Difference> {
    for (at, (expected, actual)) in expected.iter().zip(actual.iter()).enumerate() {
        values(expected, actual, volatile)
            .map_err(|difference| difference.within(&format!("[{at}]")))?;
    }
    let (expected, actual) = (expected.len(), actual.len());
    if expected == actual {
        return Ok(());
    }
    let count = |count: usize| format!("{count} elements");
    Err(Difference::new("", &count(expected), &count(actual)))
}

/// Two texts that hold JSON objects: equal up to what is ignored in objects, and written in the
/// same style, compact or with spaces.
fn json_texts_match(expected: &str, actual: &str, volatile: &Volatile) -> bool {
    let object = |text: &str| {
        json::parse(text.as_bytes()).ok().filter(|value| matches!(value, Value::Object(_)))
    };
    let (Some(expected_value), Some(actual_value)) = (object(expected), object(actual)) else {
        return false;
    };
    has_spaces(expected) == has_spaces(actual)
        && values(&expected_value, &actual_value, volatile).is_ok()
}

/// Whether there is white space between the tokens of a JSON text.
fn has_spaces(text: &str) -> bool {
    let (mut in_string, mut escaped) = (false, false);
    text.chars().any(|character| {
        if in_string {
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
            return false;
        }
        in_string = character == '"';
        character.is_ascii_whitespace()
    })
}

/// `text` around the first place where it differs from `other`, in at most 100 characters or so.
fn shortened(text: &str, other: &str) -> String {
    const BEFORE: usize = 30;
    const MOST: usize = 100;
    let characters: Vec<char> = text.chars().collect();
    if characters.len() <= MOST {
        return text.to_owned();
    }
    let same = text.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let start = same.saturating_sub(BEFORE).min(characters.len() - MOST);
    let end = start + MOST;
    let head = if start > 0 { "…" } else { "" };
    let tail = if end < characters.len() { "…" } else { "" };
    let middle: String = characters[start..end].iter().collect();
    format!("{head}{middle}{tail}")
}

#[cfg(test)]
mod tests;
