//! Frames bit by bit: the one place where their bytes are taken apart.

use crate::check::Malformed;
use crate::format;

/// A value, or the beginning of an array or object.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Token<'a> {
    Null,
    Bool(bool),
    Int(i64),
    /// Perhaps not finite: to be checked.
    Float(f64),
    /// Perhaps not a number: to be checked.
    Number(&'a [u8]),
    /// Perhaps not UTF-8: to be replaced when it is read.
    String(&'a [u8]),
    /// So many values follow.
    Array(usize),
    /// So often a key and a value follow.
    Object(usize),
    /// See [`floats`].
    Floats(&'a [u8]),
}

/// Takes a frame apart from its front.
///
/// Every length is held against what is left, so that nobody makes room for more than the bytes
/// that are there can mean.
#[derive(Debug, Clone)]
pub(crate) struct Tokens<'a> {
    rest: &'a [u8],
}

impl<'a> Tokens<'a> {
    pub(crate) fn new(frame: &'a [u8]) -> Self {
        Self { rest: frame }
    }

    /// The bytes that are not taken yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn next(&mut self) -> Result<Token<'a>, Malformed> {
        let tag = self.bytes(1)?[0];
        Ok(match tag {
            format::SMALL_INT.. => Token::Int(i64::from(tag - format::SMALL_INT)),
            format::SHORT_STRING.. => {
                Token::String(self.bytes(usize::from(tag - format::SHORT_STRING))?)
            }
            format::NULL => Token::Null,
            format::FALSE => Token::Bool(false),
            format::TRUE => Token::Bool(true),
            format::INT => Token::Int(i64::from_le_bytes(self.array()?)),
            format::FLOAT => Token::Float(f64::from_le_bytes(self.array()?)),
            format::NUMBER => Token::Number(self.long_bytes()?),
            format::STRING => Token::String(self.long_bytes()?),
            format::ARRAY => Token::Array(self.count(1)?),
            format::OBJECT => Token::Object(self.count(2)?),
            format::FLOATS => {
                let count = self.count(size_of::<f64>())?;
                Token::Floats(self.bytes(count * size_of::<f64>())?)
            }
            _ => return Err(Malformed::UnknownTag(tag)),
        })
    }

    /// The key of an object's next member; perhaps not UTF-8.
    pub(crate) fn key(&mut self) -> Result<&'a [u8], Malformed> {
        match self.bytes(1)?[0] {
            format::LONG_KEY => self.long_bytes(),
            length => self.bytes(usize::from(length)),
        }
    }

    /// A count of things that take at least `smallest` bytes each.
    fn count(&mut self, smallest: usize) -> Result<usize, Malformed> {
        let count = u32::from_le_bytes(self.array()?) as usize;
        if count > self.rest.len() / smallest { Err(Malformed::Truncated) } else { Ok(count) }
    }

    fn long_bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let length = u32::from_le_bytes(self.array()?);
        self.bytes(length as usize)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(Malformed::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    fn bytes(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Malformed::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }
}

/// The numbers of a packed array.
pub(crate) fn floats(bytes: &[u8]) -> impl ExactSizeIterator<Item = f64> {
    bytes.as_chunks().0.iter().map(|float| f64::from_le_bytes(*float))
}
