//! Shapes of members, as the service's model has them.

/// What a member can be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    Text(Text),
    /// A whole number in a range.
    Integer(i64, i64),
    /// Any number in a range.
    Number(i64, i64),
    Bool,
    /// A list of items, how many there can be.
    List(&'static Shape, usize, usize),
    /// A structure: its name in AWS's texts, and its members.
    Structure(&'static str, &'static [Member]),
}

/// A text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text {
    pub(super) min: usize,
    pub(super) max: usize,
    pub(super) measure: Measure,
    pub(super) pattern: Option<Pattern>,
    /// The values that it can have; any, if there are none.
    pub(super) one_of: &'static [&'static str],
    /// Whether messages leave out what it is.
    pub(super) is_sensitive: bool,
}

/// How the length of a text is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// In the units of UTF-16, as Java does.
    Units,
    /// In bytes of UTF-8: payloads (API reference: "expressed as bytes in UTF-8 encoding").
    Bytes,
}

/// What a text must look like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pattern {
    /// As messages have it.
    pub(super) text: &'static str,
    pub(super) fits: fn(&str) -> bool,
}

/// A member of a request or structure.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) is_required: bool,
    pub(super) shape: Shape,
}

pub(super) const fn required(name: &'static str, shape: Shape) -> Member {
    Member { name, is_required: true, shape }
}

pub(super) const fn optional(name: &'static str, shape: Shape) -> Member {
    Member { name, is_required: false, shape }
}

const PLAIN: Text = Text {
    min: 0,
    max: usize::MAX,
    measure: Measure::Units,
    pattern: None,
    one_of: &[],
    is_sensitive: false,
};

/// A text of `min` to `max` characters.
pub(super) const fn text(min: usize, max: usize) -> Shape {
    Shape::Text(Text { min, max, ..PLAIN })
}

/// A text that messages do not show.
pub(super) const fn secret(min: usize, max: usize) -> Shape {
    Shape::Text(Text { min, max, is_sensitive: true, ..PLAIN })
}

/// JSON text of at most `max` bytes, which messages do not show.
pub(super) const fn payload(max: usize) -> Shape {
    Shape::Text(Text { max, measure: Measure::Bytes, is_sensitive: true, ..PLAIN })
}

/// A text that looks like `pattern`.
pub(super) const fn like(min: usize, max: usize, pattern: Pattern) -> Shape {
    Shape::Text(Text { min, max, pattern: Some(pattern), ..PLAIN })
}

/// One of some texts.
pub(super) const fn one_of(values: &'static [&'static str]) -> Shape {
    Shape::Text(Text { one_of: values, ..PLAIN })
}
