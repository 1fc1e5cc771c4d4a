//! Path text to steps.

use faastlane_value::{ArcStr, intern};

use super::filter::Query;
use super::function::{Argument, Call, Function};
use super::walk::{Step, Steps};
use super::{Path, Root};
use crate::ParseError;
use crate::cursor::{Cursor, unicode_escape};

mod condition;
mod literal;

/// What a path stands in, which decides where a name after a dot ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    /// Nothing: the path is the whole text.
    Nothing,
    /// The arguments of an intrinsic function.
    Arguments,
    /// A filter, or the arguments of a path function.
    Filter,
}

impl Within {
    fn ends_name(self, char: char) -> bool {
        match self {
            Self::Nothing => false,
            Self::Arguments => char.is_whitespace() || ",)".contains(char),
            Self::Filter => char.is_whitespace() || "<>=~!&|,)]".contains(char),
        }
    }
}

pub(super) fn whole(text: &str) -> Result<Path, ParseError> {
    let mut cursor = Cursor::new(text);
    let path = prefix(&mut cursor, Within::Nothing)?;
    match cursor.peek() {
        None => Ok(path),
        Some(_) => Err(cursor.expected("'.' or '['")),
    }
}

/// Reads one path off the text.
pub(super) fn prefix(cursor: &mut Cursor<'_>, within: Within) -> Result<Path, ParseError> {
    let start = cursor.offset();
    if !cursor.eat("$") {
        return Err(cursor.error("a JSONPath must start with '$'"));
    }
    let root = if cursor.eat("$") {
        Root::Context
    } else {
        match cursor.eat_while(|char| char.is_alphanumeric() || char == '_') {
            "" => Root::Input,
            name if name.starts_with(char::is_numeric) => {
                return Err(
                    cursor.error_at(start, "the name of a variable must start with a letter")
                );
            }
            name => Root::Variable(name.into()),
        }
    };
    let steps = steps(cursor, within)?;
    Ok(Path { text: cursor.since(start).into(), root, steps })
}

fn steps(cursor: &mut Cursor<'_>, within: Within) -> Result<Steps, ParseError> {
    let mut steps = Vec::new();
    loop {
        if cursor.eat("..") {
            steps.push(Step::Descend);
            if cursor.peek() == Some('[') {
                continue;
            }
            dotted(cursor, within, &mut steps)?;
        } else if cursor.peek() == Some('[') {
            steps.push(bracket(cursor)?);
        } else if cursor.eat(".") {
            if cursor.peek() != Some('[') {
                dotted(cursor, within, &mut steps)?;
            }
        } else {
            return Ok(Steps::new(steps));
        }
        cursor.count_part()?;
    }
}

/// What follows a dot: `*`, a name or a function.
fn dotted(
    cursor: &mut Cursor<'_>,
    within: Within,
    steps: &mut Vec<Step>,
) -> Result<(), ParseError> {
    if cursor.eat("*") {
        steps.push(Step::Any);
        return Ok(());
    }
    let start = cursor.offset();
    let name = name(cursor, within)?;
    if cursor.peek() != Some('(') {
        steps.push(Step::Name(intern(&name)));
        return Ok(());
    }
    let Some(function) = Function::named(&name) else {
        return Err(cursor.error_at(start, format!("there is no function {name}() in JSONPath")));
    };
    if matches!(steps.last(), Some(Step::Descend)) {
        return Err(cursor.error_at(start, "'..' must be followed by a name, '[' or '*'"));
    }
    if steps.iter().any(|step| matches!(step, Step::Descend)) {
        *steps = vec![Step::Collect(std::mem::take(steps).into())];
    }
    let arguments = cursor.nested(arguments)?.into();
    steps.push(Step::Call(Box::new(Call { function, arguments })));
    Ok(())
}

/// A name after a dot. A backslash takes away the meaning of the next character, `\uXXXX` is a
/// character by its number (States Language, "Reference Paths").
fn name(cursor: &mut Cursor<'_>, within: Within) -> Result<String, ParseError> {
    let mut name = String::new();
    while let Some(char) = cursor.peek() {
        if ".[(".contains(char) || within.ends_name(char) {
            break;
        }
        if char.is_whitespace() {
            return Err(cursor.error("a name with spaces must be written as ['a name']"));
        }
        cursor.bump();
        if char != '\\' {
            name.push(char);
        } else if cursor.eat("u") {
            let (decoded, length) = unicode_escape(cursor.rest());
            name.push(decoded);
            for _ in 0..length {
                cursor.bump();
            }
        } else {
            name.extend(cursor.bump());
        }
    }
    if name.is_empty() { Err(cursor.expected("a name")) } else { Ok(name) }
}

fn arguments(cursor: &mut Cursor<'_>) -> Result<Vec<Argument>, ParseError> {
    let mut arguments = Vec::new();
    cursor.expect("(")?;
    cursor.skip_spaces();
    if cursor.eat(")") {
        return Ok(arguments);
    }
    loop {
        cursor.skip_spaces();
        cursor.count_part()?;
        arguments.push(match cursor.peek() {
            // Both mean the document here.
            Some('$' | '@') => Argument::Query(Query { from_current: false, ..query(cursor)? }),
            _ => Argument::Literal(literal::value(cursor)?),
        });
        cursor.skip_spaces();
        if !cursor.eat(",") {
            cursor.expect(")")?;
            return Ok(arguments);
        }
    }
}

/// A path that starts with `@` or `$`, inside a filter.
fn query(cursor: &mut Cursor<'_>) -> Result<Query, ParseError> {
    let from_current = cursor.eat("@");
    if !from_current {
        cursor.expect("$")?;
    }
    let steps = cursor.nested(|cursor| steps(cursor, Within::Filter))?;
    Ok(Query { from_current, steps })
}

fn bracket(cursor: &mut Cursor<'_>) -> Result<Step, ParseError> {
    cursor.expect("[")?;
    cursor.skip_spaces();
    let step = match cursor.peek() {
        Some(quote @ ('\'' | '"')) => names(cursor, quote)?,
        Some('*') => {
            cursor.bump();
            Step::Any
        }
        Some('?') => {
            cursor.bump();
            cursor.skip_spaces();
            Step::Filter(Box::new(cursor.nested(condition::group)?))
        }
        Some('0'..='9' | '-' | ':') => indexes(cursor)?,
        _ => return Err(cursor.expected("a quoted name, an index, '*' or '?('")),
    };
    cursor.skip_spaces();
    cursor.expect("]")?;
    Ok(step)
}

fn names(cursor: &mut Cursor<'_>, quote: char) -> Result<Step, ParseError> {
    let mut names: Vec<ArcStr> = Vec::new();
    loop {
        if cursor.peek() != Some(quote) {
            return Err(cursor.expected(&format!("a name in {quote}")));
        }
        cursor.count_part()?;
        names.push(intern(&unquote(cursor.quoted(quote)?, quote)));
        cursor.skip_spaces();
        if !cursor.eat(",") {
            break;
        }
        cursor.skip_spaces();
    }
    if names.len() > 1 {
        return Ok(Step::Names(names.into()));
    }
    Ok(Step::Name(names.pop().expect("the loop has read one name")))
}

/// A quoted name without the backslashes before its own quote and before backslashes. Any other
/// backslash is part of the name: AWS finds the key `a\"b` by `$['a\"b']`.
fn unquote(raw: &str, quote: char) -> String {
    let mut name = String::with_capacity(raw.len());
    let mut chars = raw.chars().peekable();
    while let Some(char) = chars.next() {
        match chars.peek() {
            Some(next) if char == '\\' && (*next == quote || *next == '\\') => {
                name.extend(chars.next())
            }
            _ => name.push(char),
        }
    }
    name
}

/// `0`, `0,2`, `1:5`, `1:`, `:5`
fn indexes(cursor: &mut Cursor<'_>) -> Result<Step, ParseError> {
    let mut indexes = match index(cursor)? {
        Some(index) => vec![index],
        None => Vec::new(),
    };
    cursor.skip_spaces();
    let start = cursor.offset();
    if cursor.eat(":") {
        cursor.skip_spaces();
        let bounds = (indexes.pop(), index(cursor)?);
        cursor.skip_spaces();
        return match bounds {
            (None, None) => {
                Err(cursor.error_at(start, "a slice needs a bound: [1:], [:5] or [1:5]"))
            }
            _ if cursor.peek() == Some(':') => Err(cursor.error("a slice cannot have a step")),
            (from, to) => Ok(Step::Slice(from, to)),
        };
    }
    while cursor.eat(",") {
        cursor.skip_spaces();
        cursor.count_part()?;
        indexes.push(index(cursor)?.ok_or_else(|| cursor.expected("an index"))?);
        cursor.skip_spaces();
    }
    match indexes[..] {
        [index] => Ok(Step::Index(index)),
        _ => Ok(Step::Indexes(indexes.into())),
    }
}

/// A whole number, if one comes next.
fn index(cursor: &mut Cursor<'_>) -> Result<Option<i64>, ParseError> {
    let start = cursor.offset();
    match cursor.eat_while(|char| char.is_ascii_digit() || char == '-') {
        "" => Ok(None),
        // 32 bits, as in Java.
        text => match text.parse::<i32>() {
            Ok(index) => Ok(Some(index.into())),
            Err(_) => Err(cursor.error_at(start, format!("'{text}' is not an index"))),
        },
    }
}
