//! JSON Lines: one value to a line.

use faastlane_value::{Value, json};

use super::Cursor;
use super::input::Input;
use crate::Error;

pub(super) struct Lines {
    input: Input,
    line: Vec<u8>,
}

impl Lines {
    pub(super) fn new(input: Input) -> Self {
        Self { input, line: Vec::new() }
    }

    /// The next item. Lines that are empty are none.
    pub(super) fn next(&mut self, at: &mut Cursor) -> Result<Option<Value>, Error> {
        loop {
            self.line.clear();
            if !self.input.line(&mut self.line)? {
                return Ok(None);
            }
            at.number += 1;
            at.offset = self.input.offset;
            if !self.line.trim_ascii().is_empty() {
                break;
            }
        }
        match json::parse(&self.line) {
            Ok(item) => Ok(Some(item)),
            // Its line would always be the first.
            Err(json::Error { message, column, .. }) => {
                Err(self.input.item(at.number, format!("{message} (column {column})")))
            }
        }
    }
}
