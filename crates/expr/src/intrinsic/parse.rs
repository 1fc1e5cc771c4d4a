//! The text of a call to its function and arguments.

use faastlane_value::Value;

use super::{Argument, Call, FUNCTIONS, Function, MAX_NESTED_CALLS};
use crate::ParseError;
use crate::cursor::Cursor;
use crate::path::Path;

pub(super) fn whole(text: &str) -> Result<Call, ParseError> {
    let mut cursor = Cursor::new(text);
    let call = call(&mut cursor, 0)?;
    cursor.skip_spaces();
    match cursor.peek() {
        None => Ok(call),
        Some(_) => Err(cursor.expected("nothing after the ')'")),
    }
}

/// Reads a call which stands in the arguments of `depth` others.
fn call(cursor: &mut Cursor<'_>, depth: usize) -> Result<Call, ParseError> {
    let start = cursor.offset();
    if depth > MAX_NESTED_CALLS {
        let message = format!("intrinsic functions are nested deeper than {MAX_NESTED_CALLS}");
        return Err(cursor.error(message));
    }
    cursor.expect("States.")?;
    let name = cursor.eat_while(|char| char.is_ascii_alphanumeric());
    let known = FUNCTIONS.iter().find(|(_, known, ..)| *known == name);
    let Some((function, _, least, most)) = known else {
        let message = format!("there is no intrinsic function States.{name}");
        return Err(cursor.error_at(start, message));
    };
    let arguments = arguments(cursor, *function, depth)?;
    if !(*least..=*most).contains(&arguments.len()) {
        let message = format!("States.{name} takes {}", count(*least, *most));
        return Err(cursor.error_at(start, message));
    }
    let text = cursor.since(start).into();
    Ok(Call { text, function: *function, arguments: arguments.into() })
}

/// "2 arguments", "2 or 3 arguments", "at least 1 argument", …
fn count(least: usize, most: usize) -> String {
    match (least, most) {
        (0, 0) => "no arguments".to_owned(),
        (1, 1) => "1 argument".to_owned(),
        (1, usize::MAX) => "at least 1 argument".to_owned(),
        (least, usize::MAX) => format!("at least {least} arguments"),
        (least, most) if least == most => format!("{least} arguments"),
        (least, most) => format!("{least} or {most} arguments"),
    }
}

fn arguments(
    cursor: &mut Cursor<'_>,
    function: Function,
    depth: usize,
) -> Result<Vec<Argument>, ParseError> {
    let mut arguments = Vec::new();
    cursor.skip_spaces();
    cursor.expect("(")?;
    cursor.skip_spaces();
    if cursor.eat(")") {
        return Ok(arguments);
    }
    loop {
        cursor.skip_spaces();
        cursor.count_part()?;
        let is_template = function == Function::Format && arguments.is_empty();
        arguments.push(argument(cursor, is_template, depth)?);
        cursor.skip_spaces();
        if !cursor.eat(",") {
            cursor.expect(")")?;
            return Ok(arguments);
        }
    }
}

/// One argument. A template of `States.Format` keeps its escapes, because `\{` and `{` differ in it.
fn argument(
    cursor: &mut Cursor<'_>,
    is_template: bool,
    depth: usize,
) -> Result<Argument, ParseError> {
    for (word, value) in
        [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))]
    {
        if cursor.eat(word) {
            return Ok(Argument::Literal(value));
        }
    }
    match cursor.peek() {
        Some('$') => Ok(Argument::Path(Path::parse_argument(cursor)?)),
        Some('\'') => {
            let raw = cursor.quoted('\'')?;
            let text = if is_template { raw.to_owned() } else { unescape(raw) };
            Ok(Argument::Literal(Value::from(text)))
        }
        Some('0'..='9' | '-') => Ok(Argument::Literal(Value::Number(cursor.number()?))),
        Some('S') => Ok(Argument::Call(call(cursor, depth + 1)?)),
        _ => Err(cursor.expected("a path, a 'string', a number, true, false, null or a function")),
    }
}

/// `raw` in which `\'`, `\{`, `\}` and `\\` stand for the second character; a backslash before
/// anything else stands for itself.
fn unescape(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut chars = raw.chars().peekable();
    while let Some(char) = chars.next() {
        let escaped =
            if char == '\\' { chars.next_if(|next| r"'{}\".contains(*next)) } else { None };
        text.push(escaped.unwrap_or(char));
    }
    text
}
