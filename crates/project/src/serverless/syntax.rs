//! How variables of the Serverless Framework are written: `${source:address, 'default'}`.
//!
//! What CloudFormation means by `${…}` in `Fn::Sub` (`${Name}`, `${Name.Arn}`, `${AWS::Region}`)
//! has no single colon after its first word, and is text here.
//!
//! <https://www.serverless.com/framework/docs/guides/variables>

use faastlane_value::located::{self, Data};

/// A piece of a text.
#[derive(Debug, PartialEq)]
pub(super) enum Part<'t> {
    Text(&'t str),
    /// What stands between `${` and `}`.
    Variable(&'t str),
}

/// Takes a text apart; variables in variables stay together.
pub(super) fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut text_start, mut searched) = (0, 0);
    while let Some(start) = text[searched..].find("${").map(|offset| searched + offset) {
        let inner = &text[start + 2..];
        searched = start + 2;
        if !is_variable(inner) {
            continue;
        }
        let Some(length) = closing(inner) else { break };
        if start > text_start {
            parts.push(Part::Text(&text[text_start..start]));
        }
        parts.push(Part::Variable(&inner[..length]));
        searched += length + 1;
        text_start = searched;
    }
    if text_start < text.len() {
        parts.push(Part::Text(&text[text_start..]));
    }
    parts
}

/// The variable that a whole text is.
pub(super) fn whole(text: &str) -> Option<&str> {
    match parts(text)[..] {
        [Part::Variable(variable)] => Some(variable),
        _ => None,
    }
}

/// Whether what follows `${` starts as a variable does: `word:` or `word(`.
fn is_variable(inner: &str) -> bool {
    let after = inner.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "_-".contains(c));
    let word = &inner[..inner.len() - after.len()];
    let starts = word.starts_with(|c: char| c.is_ascii_alphabetic());
    starts && (after.starts_with('(') || after.starts_with(':') && !after.starts_with("::"))
}

/// Where the `}` is that ends a variable.
fn closing(inner: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (offset, character) in inner.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(offset),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// One of the things that a variable may stand for, tried from left to right.
#[derive(Debug, PartialEq)]
pub(super) enum Source<'t> {
    /// Quoted text, a number, a boolean or null.
    Literal(Data),
    /// Another variable.
    Variable(&'t str),
    /// `self:custom.name`
    Lookup(&'t str),
}

/// The sources of a variable: its address, then its defaults.
pub(super) fn sources(variable: &str) -> Vec<Source<'_>> {
    let mut sources = Vec::new();
    let (mut start, mut depth, mut quote) = (0, 0_usize, None);
    for (offset, character) in variable.char_indices() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(character),
            (None, '{' | '(') => depth += 1,
            (None, '}' | ')') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                sources.push(source(&variable[start..offset]));
                start = offset + 1;
            }
            _ => {}
        }
    }
    sources.push(source(&variable[start..]));
    sources
}

fn source(text: &str) -> Source<'_> {
    let text = text.trim();
    let quoted = ['\'', '"']
        .iter()
        .find_map(|quote| text.strip_prefix(*quote).and_then(|rest| rest.strip_suffix(*quote)));
    if let Some(inner) = quoted {
        return Source::Literal(Data::String(inner.into()));
    }
    if let Some(variable) = whole(text) {
        return Source::Variable(variable);
    }
    match located::parse(text) {
        Ok(node) => Source::Literal(node.data),
        Err(_) => Source::Lookup(text),
    }
}

/// `kind(argument):address`; argument and address may be empty.
#[derive(Debug, PartialEq)]
pub(super) struct Address<'t> {
    pub(super) kind: &'t str,
    pub(super) argument: &'t str,
    pub(super) path: &'t str,
}

impl<'t> Address<'t> {
    /// Takes the text of a lookup apart.
    pub(super) fn of(text: &'t str) -> Self {
        let kind_end = text.find(['(', ':']).unwrap_or(text.len());
        let (kind, rest) = text.split_at(kind_end);
        let (argument, rest) = match rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
            Some(parts) => parts,
            None => ("", rest),
        };
        Self { kind, argument, path: rest.strip_prefix(':').unwrap_or(rest) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_taken_apart() {
        let check = |text: &str, expected: &[Part<'_>]| assert_eq!(parts(text), expected, "{text}");
        check("a${self:b}c", &[Part::Text("a"), Part::Variable("self:b"), Part::Text("c")]);
        check("${self:a.${opt:s, 'x'}}", &[Part::Variable("self:a.${opt:s, 'x'}")]);
        check(
            "${file(./a.yml):b}${env:C}",
            &[Part::Variable("file(./a.yml):b"), Part::Variable("env:C")],
        );
        for text in
            ["${AWS::Region}", "${Name}", "${Name.Arn}", "$.a", "${self:a", "${ self:a}", "${}"]
        {
            check(text, &[Part::Text(text)]);
        }
        check("${Name} ${self:a}", &[Part::Text("${Name} "), Part::Variable("self:a")]);
        check("", &[]);
    }

    #[test]
    fn defaults_are_told_apart() {
        let check =
            |text: &str, expected: &[Source<'_>]| assert_eq!(sources(text), expected, "{text}");
        let text = |text: &str| Source::Literal(Data::String(text.into()));
        check("opt:stage, 'dev'", &[Source::Lookup("opt:stage"), text("dev")]);
        check(
            "opt:a, self:b, \"c,'d\"",
            &[Source::Lookup("opt:a"), Source::Lookup("self:b"), text("c,'d")],
        );
        check("opt:a, ${self:b, 'c'}", &[Source::Lookup("opt:a"), Source::Variable("self:b, 'c'")]);
        check("env:A, true", &[Source::Lookup("env:A"), Source::Literal(Data::Bool(true))]);
        check("env:A, null", &[Source::Lookup("env:A"), Source::Literal(Data::Null)]);
        check("file(./a.yml):b.${opt:c, 'd'}", &[Source::Lookup("file(./a.yml):b.${opt:c, 'd'}")]);
    }

    #[test]
    fn addresses() {
        let check = |text: &str, kind: &str, argument: &str, path: &str| {
            assert_eq!(Address::of(text), Address { kind, argument, path }, "{text}");
        };
        check("self:a.b", "self", "", "a.b");
        check("self:", "self", "", "");
        check("file(./a.yml):b", "file", "./a.yml", "b");
        check("file(./a.yml)", "file", "./a.yml", "");
        check("cf(us-east-1):stack.Out", "cf", "us-east-1", "stack.Out");
        check("ssm:/a/b", "ssm", "", "/a/b");
        check("word", "word", "", "");
    }
}
