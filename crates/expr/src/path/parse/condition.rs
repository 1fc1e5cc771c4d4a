//! Filter text to conditions. `!` binds tighter than `&&`, and `&&` tighter than `||`.

use super::super::filter::{Condition, Operand, Operator};
use super::{literal, query};
use crate::ParseError;
use crate::cursor::Cursor;

/// Operators by how they are written; a longer one stands before its own beginning.
const SYMBOLS: [(&str, Operator); 9] = [
    ("===", Operator::SameAs),
    ("!==", Operator::NotSameAs),
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("=~", Operator::Matches),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

/// Operators that are words, in any case.
const WORDS: [(&str, Operator); 9] = [
    ("in", Operator::In),
    ("nin", Operator::NotIn),
    ("subsetof", Operator::SubsetOf),
    ("anyof", Operator::AnyOf),
    ("noneof", Operator::NoneOf),
    ("all", Operator::All),
    ("contains", Operator::Contains),
    ("size", Operator::Size),
    ("empty", Operator::Empty),
];

/// A condition in parentheses.
pub(super) fn group(cursor: &mut Cursor<'_>) -> Result<Condition, ParseError> {
    cursor.expect("(")?;
    let condition = either(cursor)?;
    cursor.skip_spaces();
    cursor.expect(")")?;
    Ok(condition)
}

fn either(cursor: &mut Cursor<'_>) -> Result<Condition, ParseError> {
    chain(cursor, "||", both, Condition::Or)
}

fn both(cursor: &mut Cursor<'_>) -> Result<Condition, ParseError> {
    chain(cursor, "&&", single, Condition::And)
}

/// One or more of what `part` reads with `operator` between them.
fn chain(
    cursor: &mut Cursor<'_>,
    operator: &str,
    part: fn(&mut Cursor<'_>) -> Result<Condition, ParseError>,
    join: fn(Box<[Condition]>) -> Condition,
) -> Result<Condition, ParseError> {
    let first = part(cursor)?;
    let mut parts = vec![first];
    cursor.skip_spaces();
    while cursor.eat(operator) {
        parts.push(part(cursor)?);
        cursor.skip_spaces();
    }
    if parts.len() > 1 {
        return Ok(join(parts.into()));
    }
    Ok(parts.pop().expect("the first part has been read"))
}

fn single(cursor: &mut Cursor<'_>) -> Result<Condition, ParseError> {
    let mut negated = false;
    cursor.skip_spaces();
    while cursor.eat("!") {
        negated = !negated;
        cursor.skip_spaces();
    }
    let condition = match cursor.peek() {
        Some('(') => cursor.nested(group)?,
        _ => comparison(cursor)?,
    };
    Ok(if negated { Condition::Not(Box::new(condition)) } else { condition })
}

fn comparison(cursor: &mut Cursor<'_>) -> Result<Condition, ParseError> {
    let left = operand(cursor)?;
    cursor.skip_spaces();
    let ends = cursor.rest().starts_with([')', '&', '|']) || cursor.peek().is_none();
    match left {
        Operand::Query(query) if ends => Ok(Condition::Exists(query)),
        left => {
            let operator = operator(cursor)?;
            cursor.skip_spaces();
            Ok(Condition::Compare(left, operator, operand(cursor)?))
        }
    }
}

fn operand(cursor: &mut Cursor<'_>) -> Result<Operand, ParseError> {
    cursor.count_part()?;
    match cursor.peek() {
        Some('@' | '$') => Ok(Operand::Query(query(cursor)?)),
        Some('/') => Ok(Operand::Pattern(literal::pattern(cursor)?)),
        _ => Ok(Operand::Literal(literal::value(cursor)?)),
    }
}

fn operator(cursor: &mut Cursor<'_>) -> Result<Operator, ParseError> {
    if let Some((_, operator)) = SYMBOLS.iter().find(|(symbol, _)| cursor.eat(symbol)) {
        return Ok(*operator);
    }
    let start = cursor.offset();
    let word = cursor.eat_while(char::is_alphabetic);
    let known = WORDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
    match known {
        Some((_, operator)) => Ok(*operator),
        None if word.is_empty() => Err(cursor.expected("a comparison such as == or in")),
        None => Err(cursor.error_at(start, format!("there is no operator '{word}' in filters"))),
    }
}
