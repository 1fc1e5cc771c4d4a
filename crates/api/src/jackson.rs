//! What the JSON parser of AWS's service says of text that is no JSON.
//!
//! It is Jackson's (`ReaderBasedJsonParser`): messages, and the place after the last character that it
//! read, are as Jackson 2 has them for these mistakes: a token that it does not know, a character that
//! does not belong there, an end that comes too soon. Of other mistakes (in numbers and escapes of
//! strings) nothing is said here.

/// Jackson's message and the place that AWS gives, for the first mistake in `text`.
pub(crate) fn complaint(text: &str) -> Option<(String, String)> {
    let mut scanner = Scanner { text, at: 0, open: Vec::new() };
    let message = scanner.document().err()??;
    let source = scanner.source(scanner.at);
    Some((format!("{message}\n at {source}"), source))
}

/// Jackson's message for the first mistake in `text`, without the place.
pub(crate) fn message(text: &str) -> Option<String> {
    Scanner { text, at: 0, open: Vec::new() }.document().err()?
}

/// How many characters of a source Jackson shows.
const SHOWN: usize = 500;

/// `Err(None)`: a mistake that has no message here.
type Scanned = Result<(), Option<String>>;

struct Scanner<'a> {
    text: &'a str,
    /// The byte after the last character that was read.
    at: usize,
    /// The arrays (`[`) and objects (`{`) that are open, with the bytes at which they begin.
    open: Vec<(char, usize)>,
}

impl Scanner<'_> {
    fn document(&mut self) -> Scanned {
        self.value()?;
        while let Some((kind, _)) = self.open.last().copied() {
            self.go_on(kind)?;
        }
        Ok(())
    }

    /// Reads a value; of an array or object only its start.
    fn value(&mut self) -> Scanned {
        match self.next() {
            None => Err(Some(self.too_soon())),
            Some('{') => {
                self.open.push(('{', self.at - 1));
                self.key_or('}')
            }
            Some('[') => {
                self.open.push(('[', self.at - 1));
                match self.peek() {
                    Some(']') => self.close(),
                    _ => self.value(),
                }
            }
            Some('"') => self.string(),
            Some(first) if first == '-' || first.is_ascii_digit() => self.number(),
            Some(first) if is_of_token(first) => self.token(first),
            Some(other) => Err(Some(unexpected(
                other,
                "expected a valid value (JSON String, Number, Array, Object or token 'null', \
                 'true' or 'false')",
            ))),
        }
    }

    /// Reads what follows a value inside of an array or object.
    fn go_on(&mut self, kind: char) -> Scanned {
        let (close, what) = if kind == '{' { ('}', "Object") } else { (']', "Array") };
        match self.next() {
            None => Err(Some(self.too_soon())),
            Some(',') if kind == '{' => self.key_or('\0'),
            Some(',') => self.value(),
            Some(found) if found == close => {
                self.open.pop();
                Ok(())
            }
            Some(other) => {
                let expected = format!("was expecting comma to separate {what} entries");
                Err(Some(unexpected(other, &expected)))
            }
        }
    }

    /// Reads a key, its colon and the start of its value, or `close`.
    fn key_or(&mut self, close: char) -> Scanned {
        match self.next() {
            None => return Err(Some(self.too_soon())),
            Some(found) if found == close => {
                self.open.pop();
                return Ok(());
            }
            Some('"') => self.string()?,
            Some(other) => {
                let expected = "was expecting double-quote to start field name";
                return Err(Some(unexpected(other, expected)));
            }
        }
        match self.next() {
            None => Err(Some(self.too_soon())),
            Some(':') => self.value(),
            Some(other) => {
                let expected = "was expecting a colon to separate field name and value";
                Err(Some(unexpected(other, expected)))
            }
        }
    }

    fn close(&mut self) -> Scanned {
        self.next();
        self.open.pop();
        Ok(())
    }

    fn string(&mut self) -> Scanned {
        let mut escaped = false;
        for (offset, character) in self.text[self.at..].char_indices() {
            match character {
                '"' if !escaped => {
                    self.at += offset + 1;
                    return Ok(());
                }
                '\\' => escaped = !escaped,
                ' '.. => escaped = false,
                _ => return Err(None),
            }
        }
        self.at = self.text.len();
        Err(Some("Unexpected end-of-input: was expecting closing quote for a string value".into()))
    }

    fn number(&mut self) -> Scanned {
        let rest = &self.text[self.at..];
        let is_of_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
        self.at += rest.find(|c| !is_of_number(c)).unwrap_or(rest.len());
        Ok(())
    }

    fn token(&mut self, first: char) -> Scanned {
        let start = self.at - first.len_utf8();
        let rest = &self.text[start..];
        let token = &rest[..rest.find(|c| !is_of_token(c)).unwrap_or(rest.len())];
        self.at = start + token.len();
        if matches!(token, "null" | "true" | "false") {
            return Ok(());
        }
        Err(Some(format!(
            "Unrecognized token '{token}': was expecting (JSON String, Number, Array, Object or \
             token 'null', 'true' or 'false')"
        )))
    }

    fn too_soon(&self) -> String {
        let Some((kind, start)) = self.open.last().copied() else {
            return "No content to map due to end-of-input".to_owned();
        };
        let what = if kind == '{' { "Object" } else { "Array" };
        let start = self.source(start);
        format!(
            "Unexpected end-of-input: expected close marker for {what} (start marker at {start})"
        )
    }

    /// The next character that is no white space, without reading it.
    fn peek(&self) -> Option<char> {
        self.text[self.at..].trim_start_matches([' ', '\t', '\n', '\r']).chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let rest = self.text[self.at..].trim_start_matches([' ', '\t', '\n', '\r']);
        let found = rest.chars().next();
        self.at = self.text.len() - rest.len() + found.map_or(0, char::len_utf8);
        found
    }

    /// `[Source: (String)"…"; line: 1, column: 4]` for the byte `at`.
    fn source(&self, at: usize) -> String {
        let before = &self.text[..at];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").encode_utf16().count() + 1;
        let length = self.text.chars().count();
        let shown: String = self.text.chars().take(SHOWN).collect();
        let cut = match length.saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!("[truncated {more} chars]"),
        };
        format!("[Source: (String)\"{shown}\"{cut}; line: {line}, column: {column}]")
    }
}

fn is_of_token(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '$'
}

fn unexpected(character: char, expected: &str) -> String {
    format!("Unexpected character ('{character}' (code {})): {expected}", u32::from(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_told_as_jackson_tells_them() {
        for (text, message, column) in [
            (
                "not a definition",
                "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
                4,
            ),
            (
                "{,}",
                "Unexpected character (',' (code 44)): was expecting double-quote to start field name",
                3,
            ),
            (
                r#"{"a" 1}"#,
                "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value",
                7,
            ),
            (
                r#"{"a":1 "b":2}"#,
                "Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries",
                9,
            ),
            (
                "[1 2]",
                "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries",
                5,
            ),
            (
                r#"{"a":}"#,
                "Unexpected character ('}' (code 125)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
                7,
            ),
            (
                "[",
                "Unexpected end-of-input: expected close marker for Array (start marker at [Source: (String)\"[\"; line: 1, column: 1])",
                2,
            ),
        ] {
            let source = format!("[Source: (String)\"{text}\"; line: 1, column: {column}]");
            let expected = (format!("{message}\n at {source}"), source);
            assert_eq!(complaint(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_it_has_no_words_for_is_left_to_others() {
        for text in ["{}", r#"{"a": [1, {"b": null}], "c": "\""}"#, "[]", "\"\u{1}\"", "[-]"] {
            assert_eq!(complaint(text), None, "{text}");
        }
    }

    #[test]
    fn long_sources_are_cut() {
        let text = format!("{}x", " ".repeat(600));
        let (_, location) = complaint(&text).expect("x is no token");
        assert!(location.ends_with("\"[truncated 101 chars]; line: 1, column: 602]"), "{location}");
    }
}
