//! The patterns of the `StringMatches` comparison: `*` stands for any text, `\*` for a star and `\\`
//! for a backslash (States Language, "Choice Rule").

/// A pattern, ready to match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    /// The texts between the stars: one more than there are stars.
    parts: Box<[String]>,
}

impl Glob {
    /// Reads a pattern. A backslash before any other character stands for itself.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        let mut parts = vec![String::new()];
        let mut chars = pattern.chars().peekable();
        while let Some(char) = chars.next() {
            if char == '*' {
                parts.push(String::new());
                continue;
            }
            let escaped =
                if char == '\\' { chars.next_if(|next| "*\\".contains(*next)) } else { None };
            let part = parts.last_mut().expect("there is always a part");
            part.push(escaped.unwrap_or(char));
        }
        Self { parts: parts.into() }
    }

    /// Whether the whole of `text` fits the pattern.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let [first, middle @ .., last] = &self.parts[..] else { return text == self.parts[0] };
        let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
        // The earliest place for each part leaves the most text for those after it.
        for part in middle {
            match rest.find(part.as_str()) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        rest.ends_with(last.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_texts() {
        let check = |pattern: &str, text: &str, expected: bool| {
            assert_eq!(Glob::new(pattern).matches(text), expected, "{pattern} on {text}");
        };
        check("", "", true);
        check("", "a", false);
        check("log.txt", "log.txt", true);
        check("*", "", true);
        check("*", "anything", true);
        check("log-*.txt", "log-2026.txt", true);
        check("log-*.txt", "log-.txt", true);
        check("log-*.txt", "log-2026.txt.gz", false);
        check("*a*b*", "xxaxxbxx", true);
        check("*a*b*", "xxbxxaxx", false);
        check("a*a", "a", false);
        check("**", "x", true);
        check(r"\*", "*", true);
        check(r"\*", "x", false);
        check(r"a\\*", r"a\b", true);
        check(r"a\b", r"a\b", true);
        check("*é", "caffè é", true);
    }
}
