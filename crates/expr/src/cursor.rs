//! A place in the text of an expression, and the limits that every parser here shares.

use faastlane_value::{Number, Value, json};

/// How many parts (steps, comparisons, arguments, literals) one expression may have.
pub const MAX_PARTS: usize = 512;

/// How deep groups, filters, arguments and literals may be nested in one expression.
pub const MAX_NESTING: usize = 32;

/// Text that is no expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (at offset {offset})")]
pub struct ParseError {
    /// What is wrong there.
    pub message: String,
    /// Where, in bytes from the start of the text.
    pub offset: usize,
}

/// A place in a text.
pub(crate) struct Cursor<'t> {
    text: &'t str,
    at: usize,
    parts: usize,
    nesting: usize,
}

impl<'t> Cursor<'t> {
    /// At the first character of `text` that is not white space; white space at its end is no
    /// part of it.
    pub(crate) fn new(text: &'t str) -> Self {
        let mut cursor = Self { text: text.trim_end(), at: 0, parts: 0, nesting: 0 };
        cursor.skip_spaces();
        cursor
    }

    pub(crate) fn offset(&self) -> usize {
        self.at
    }

    /// The text from `start` to here.
    pub(crate) fn since(&self, start: usize) -> &'t str {
        &self.text[start..self.at]
    }

    pub(crate) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(crate) fn bump(&mut self) -> Option<char> {
        let char = self.peek()?;
        self.at += char.len_utf8();
        Some(char)
    }

    /// Steps over `token` if it comes next.
    pub(crate) fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    pub(crate) fn expect(&mut self, token: &str) -> Result<(), ParseError> {
        if self.eat(token) { Ok(()) } else { Err(self.expected(&format!("'{token}'"))) }
    }

    /// Steps over all characters that `wanted` accepts and gives them.
    pub(crate) fn eat_while(&mut self, wanted: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|char| !wanted(char)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    pub(crate) fn skip_spaces(&mut self) {
        self.eat_while(char::is_whitespace);
    }

    pub(crate) fn error(&self, message: impl Into<String>) -> ParseError {
        ParseError { message: message.into(), offset: self.at }
    }

    pub(crate) fn error_at(&self, offset: usize, message: impl Into<String>) -> ParseError {
        ParseError { message: message.into(), offset }
    }

    /// The error "expected `what`, found …".
    pub(crate) fn expected(&self, what: &str) -> ParseError {
        match self.peek() {
            Some(found) => self.error(format!("expected {what}, found '{found}'")),
            None => self.error(format!("expected {what}, but the text ends here")),
        }
    }

    /// Counts one more part of the expression.
    pub(crate) fn count_part(&mut self) -> Result<(), ParseError> {
        self.parts += 1;
        if self.parts > MAX_PARTS {
            return Err(self.error(format!("the expression has more than {MAX_PARTS} parts")));
        }
        Ok(())
    }

    /// Reads what `parse` reads, one level deeper.
    pub(crate) fn nested<T>(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<T, ParseError>,
    ) -> Result<T, ParseError> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            let message = format!("the expression is nested deeper than {MAX_NESTING} levels");
            return Err(self.error(message));
        }
        let parsed = parse(self)?;
        self.nesting -= 1;
        Ok(parsed)
    }

    /// What stands between two `quote` characters, the first of which comes next; escapes are
    /// left as they are.
    pub(crate) fn quoted(&mut self, quote: char) -> Result<&'t str, ParseError> {
        let opened = self.at;
        self.bump();
        let start = self.at;
        while let Some(char) = self.bump() {
            if char == '\\' {
                self.bump();
            } else if char == quote {
                return Ok(&self.text[start..self.at - quote.len_utf8()]);
            }
        }
        Err(self.error_at(opened, format!("the {quote} that opens here is never closed")))
    }

    /// A JSON number.
    pub(crate) fn number(&mut self) -> Result<Number, ParseError> {
        let start = self.at;
        let text = self.eat_while(|char| char.is_ascii_alphanumeric() || "+-.".contains(char));
        match json::parse(text.as_bytes()) {
            Ok(Value::Number(number)) => Ok(number),
            _ => Err(self.error_at(start, format!("'{text}' is not a number"))),
        }
    }
}

/// `raw` with its escapes replaced: `\n`, `\t`, `\r`, `\b`, `\f`, `\uXXXX`, and any other character
/// after a backslash stands for itself, as in Jayway JsonPath's string literals.
pub(crate) fn unescape(raw: &str) -> String {
    if !raw.contains('\\') {
        return raw.to_owned();
    }
    let mut text = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            text.push(char);
            continue;
        }
        match chars.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some('b') => text.push('\u{8}'),
            Some('f') => text.push('\u{C}'),
            Some('u') => {
                let (decoded, length) = unicode_escape(chars.as_str());
                text.push(decoded);
                chars = chars.as_str()[length..].chars();
            }
            Some(other) => text.push(other),
            None => text.push('\\'),
        }
    }
    text
}

/// The character that the text after `\u` names, and how many bytes of the text that takes: four
/// hexadecimal digits, or ten bytes for a surrogate pair. Anything else stands for a plain `u`.
pub(crate) fn unicode_escape(text: &str) -> (char, usize) {
    let unit = |at: usize| {
        let digits = text.get(at..at + 4)?;
        let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        hexadecimal.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
    };
    let Some(first) = unit(0) else { return ('u', 0) };
    let second = if text.get(4..6) == Some("\\u") { unit(6) } else { None };
    let pair = [Some(first), second].into_iter().flatten();
    match char::decode_utf16(pair).next() {
        Some(Ok(char)) => (char, if char.len_utf16() == 2 { 10 } else { 4 }),
        _ => (char::REPLACEMENT_CHARACTER, 4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_stand_for_characters() {
        let check = |raw: &str, expected: &str| assert_eq!(unescape(raw), expected, "{raw}");
        check("plain", "plain");
        check(r"a\nb\tc\rd\be\ff", "a\nb\tc\rd\u{8}e\u{C}f");
        check(r#"\'\"\\\/\k"#, r#"'"\/k"#);
        check(r"\u0041\u00e9!", "Aé!");
        check(r"\ud800\udf46.", "𐍆.");
        check(r"\ud800.", "\u{FFFD}.");
        check(r"\uzz", "uzz");
        check(r"end\", r"end\");
    }
}
