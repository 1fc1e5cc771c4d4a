//! Literals in filters and arguments: JSON in which strings may also stand in single quotes, and
//! regular expressions.

use faastlane_value::{ObjectBuilder, Value};
use regex::{Regex, RegexBuilder};

use crate::ParseError;
use crate::cursor::{Cursor, unescape};

/// How much memory one compiled regular expression may take.
const MAX_REGEX_BYTES: usize = 1 << 20;

/// A JSON value; strings in either quotes.
pub(super) fn value(cursor: &mut Cursor<'_>) -> Result<Value, ParseError> {
    for (word, value) in
        [("true", Value::Bool(true)), ("false", Value::Bool(false)), ("null", Value::Null)]
    {
        if cursor.eat(word) {
            return Ok(value);
        }
    }
    match cursor.peek() {
        Some(quote @ ('\'' | '"')) => Ok(Value::from(unescape(cursor.quoted(quote)?))),
        Some('[') => cursor.nested(array),
        Some('{') => cursor.nested(object),
        Some('0'..='9' | '-') => Ok(Value::Number(cursor.number()?)),
        _ => Err(cursor.expected("a path or a value")),
    }
}

fn array(cursor: &mut Cursor<'_>) -> Result<Value, ParseError> {
    let mut items = Vec::new();
    cursor.expect("[")?;
    cursor.skip_spaces();
    while !cursor.eat("]") {
        if !items.is_empty() {
            cursor.expect(",")?;
            cursor.skip_spaces();
        }
        cursor.count_part()?;
        items.push(value(cursor)?);
        cursor.skip_spaces();
    }
    Ok(Value::array(items))
}

fn object(cursor: &mut Cursor<'_>) -> Result<Value, ParseError> {
    let mut members = ObjectBuilder::default();
    let mut first = true;
    cursor.expect("{")?;
    cursor.skip_spaces();
    while !cursor.eat("}") {
        if !first {
            cursor.expect(",")?;
            cursor.skip_spaces();
        }
        first = false;
        cursor.count_part()?;
        let key = match cursor.peek() {
            Some(quote @ ('\'' | '"')) => unescape(cursor.quoted(quote)?),
            _ => return Err(cursor.expected("a quoted key")),
        };
        cursor.skip_spaces();
        cursor.expect(":")?;
        cursor.skip_spaces();
        members.insert(key, value(cursor)?);
        cursor.skip_spaces();
    }
    Ok(members.build())
}

/// `/re/flags`, which has to match the whole text. Flags are Java's: `i`, `m`, `s`, `u`, `x`; `d` and
/// `U` change nothing here, where lines end at `\n` and classes know Unicode.
///
/// The regular expressions are those of the `regex` crate: they take time in proportion to the text,
/// and have no look-around and no back-references.
pub(super) fn pattern(cursor: &mut Cursor<'_>) -> Result<Regex, ParseError> {
    let start = cursor.offset();
    let source = cursor.quoted('/')?;
    let flags = cursor.eat_while(|char| "imsuxdU".contains(char));
    // In verbose mode a comment would hide what follows it in the same line.
    let line_end = if flags.contains('x') { "\n" } else { "" };
    RegexBuilder::new(&format!("\\A(?:{source}{line_end})\\z"))
        .case_insensitive(flags.contains('i'))
        .multi_line(flags.contains('m'))
        .dot_matches_new_line(flags.contains('s'))
        .ignore_whitespace(flags.contains('x'))
        .size_limit(MAX_REGEX_BYTES)
        .build()
        .map_err(|_| {
            let message = format!("/{source}/ is not a regular expression that is supported here");
            cursor.error_at(start, message)
        })
}
