//! The elements of an array in a JSON file, one after the other: the file may be larger than memory.
//!
//! A scanner finds where each element ends, and `value` parses its text. So what is held is one element,
//! and a mistake is told with its number.

use faastlane_value::{ArcStr, Value, json};

use super::Cursor;
use super::input::Input;
use crate::Error;

pub(super) struct Elements {
    input: Input,
    /// The members that lead to the array, while it has not been reached.
    pointer: Vec<ArcStr>,
    text: Vec<u8>,
}

impl Elements {
    pub(super) fn new(input: Input, pointer: &[ArcStr]) -> Self {
        Self { input, pointer: pointer.to_vec(), text: Vec::new() }
    }

    /// The next item.
    pub(super) fn next(&mut self, at: &mut Cursor) -> Result<Option<Value>, Error> {
        let is_first = at.offset == 0;
        if is_first {
            self.enter()?;
        }
        let number = at.number + 1;
        match (self.next_byte(number)?, is_first) {
            (b']', _) => return Ok(None),
            (b',', false) => self.input.consume(1),
            (_, true) => {}
            (byte, false) => {
                let what = format!("',' or ']' is expected, not '{}'", char::from(byte));
                return Err(self.input.item(number, what));
            }
        }
        self.text.clear();
        self.value(true, number)?;
        at.number = number;
        at.offset = self.input.offset;
        match json::parse(&self.text) {
            Ok(item) => Ok(Some(item)),
            Err(error) => Err(self.input.item(number, error)),
        }
    }

    /// Goes to the first element.
    fn enter(&mut self) -> Result<(), Error> {
        if self.input.buffered()?.starts_with(b"\xEF\xBB\xBF") {
            self.input.consume(3);
        }
        for step in std::mem::take(&mut self.pointer) {
            self.find(&step)?;
        }
        if self.next_byte(0)? != b'[' {
            return Err(Error::NotIterable);
        }
        self.input.consume(1);
        Ok(())
    }

    /// Goes to the value of a member of the object that comes next.
    fn find(&mut self, name: &str) -> Result<(), Error> {
        if self.next_byte(0)? != b'{' {
            return Err(Error::NotIterable);
        }
        loop {
            // The brace, or the comma after a member.
            self.input.consume(1);
            if self.next_byte(0)? == b'}' {
                return Err(Error::NotIterable);
            }
            self.text.clear();
            self.value(true, 0)?;
            if self.next_byte(0)? != b':' {
                return Err(self.input.item(0, "':' is expected after the name of a member"));
            }
            self.input.consume(1);
            let key = json::parse(&self.text).map_err(|error| self.input.item(0, error))?;
            if key.as_str() == Some(name) {
                return Ok(());
            }
            self.value(false, 0)?;
            if self.next_byte(0)? != b',' {
                return Err(Error::NotIterable);
            }
        }
    }

    /// The next byte that is no white space; it stays there.
    fn next_byte(&mut self, number: u64) -> Result<u8, Error> {
        loop {
            match self.input.peek()? {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.input.consume(1),
                Some(byte) => return Ok(byte),
                None if number == 0 => return Err(Error::NotIterable),
                None => return Err(self.input.item(number, "the file ends in the array")),
            }
        }
    }

    /// Goes on behind the value that comes next; its text is kept if `keep` says so.
    fn value(&mut self, keep: bool, number: u64) -> Result<(), Error> {
        self.next_byte(number)?;
        let mut scan = Scan::default();
        loop {
            let buffered = self.input.buffered()?;
            if buffered.is_empty() {
                let ends = scan.depth == 0 && !scan.in_text;
                let cut = || self.input.item(number, "the file ends in the array");
                return if ends { Ok(()) } else { Err(cut()) };
            }
            let (count, is_over) = scan.take(buffered);
            if keep {
                self.text.extend_from_slice(&buffered[..count]);
            }
            self.input.consume(count);
            if is_over {
                return Ok(());
            }
        }
    }
}

/// Where one is in a value.
#[derive(Default)]
struct Scan {
    depth: usize,
    in_text: bool,
    escaped: bool,
    has_begun: bool,
}

impl Scan {
    /// How many of the bytes belong to the value, and whether it is over.
    fn take(&mut self, bytes: &[u8]) -> (usize, bool) {
        for (at, byte) in bytes.iter().enumerate() {
            if self.in_text {
                let ends = *byte == b'"' && !self.escaped;
                self.escaped = *byte == b'\\' && !self.escaped;
                if ends {
                    self.in_text = false;
                    if self.depth == 0 {
                        return (at + 1, true);
                    }
                }
                continue;
            }
            match byte {
                b'"' => self.in_text = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth <= 1 => {
                    // One that closes what is around it is not its own.
                    return (at + self.depth, true);
                }
                b'}' | b']' => self.depth -= 1,
                b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 && self.has_begun => {
                    return (at, true);
                }
                _ => {}
            }
            self.has_begun = true;
        }
        (bytes.len(), false)
    }
}
