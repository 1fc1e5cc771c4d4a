//! The bytes of a file, and where in it one is.

use std::io::{BufRead, BufReader, Read};

use flate2::read::MultiGzDecoder;

use crate::{Error, Store};

/// A file that is read from some byte on.
pub(super) struct Input {
    reader: BufReader<Box<dyn Read>>,
    pub(super) offset: u64,
    pub(super) key: String,
}

/// How much is read from the file at once.
const BUFFER: usize = 64 * 1024;

impl Input {
    /// Opens an object at a byte. Of one whose name ends in `.gz` it is a byte of what was compressed.
    pub(super) fn open(store: &Store, bucket: &str, key: &str, offset: u64) -> Result<Self, Error> {
        let is_compressed = key.ends_with(".gz");
        let file = store.open(bucket, key, if is_compressed { 0 } else { offset })?;
        let file: Box<dyn Read> =
            if is_compressed { Box::new(MultiGzDecoder::new(file)) } else { file };
        let mut input = Self::new(file, key, offset);
        if is_compressed {
            let skipped =
                std::io::copy(&mut (&mut input.reader).take(offset), &mut std::io::sink());
            skipped.map_err(Error::io(format!("Reading {key}")))?;
        }
        Ok(input)
    }

    pub(super) fn new(file: Box<dyn Read>, key: &str, offset: u64) -> Self {
        Self { reader: BufReader::with_capacity(BUFFER, file), offset, key: key.to_owned() }
    }

    /// The next byte, which stays there; none at the end.
    pub(super) fn peek(&mut self) -> Result<Option<u8>, Error> {
        Ok(self.buffered()?.first().copied())
    }

    /// What is there to be looked at; nothing at the end.
    pub(super) fn buffered(&mut self) -> Result<&[u8], Error> {
        let key = &self.key;
        self.reader.fill_buf().map_err(|error| Error::Io { what: format!("Reading {key}"), error })
    }

    /// Goes on by `count` bytes of those.
    pub(super) fn consume(&mut self, count: usize) {
        self.reader.consume(count);
        self.offset += count as u64;
    }

    /// Adds the rest of the line, without its end; false if there is none.
    pub(super) fn line(&mut self, line: &mut Vec<u8>) -> Result<bool, Error> {
        let key = &self.key;
        let count = self.reader.read_until(b'\n', line);
        let count = count.map_err(|error| Error::Io { what: format!("Reading {key}"), error })?;
        self.offset += count as u64;
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        Ok(count > 0)
    }

    /// Everything that is left.
    pub(super) fn rest(&mut self) -> Result<Vec<u8>, Error> {
        let mut rest = Vec::new();
        let read = self.reader.read_to_end(&mut rest);
        read.map_err(Error::io(format!("Reading {}", self.key)))?;
        Ok(rest)
    }

    pub(super) fn into_read(self) -> impl Read {
        self.reader
    }

    /// Item `number`, from 1, is none.
    pub(super) fn item(&self, number: u64, what: impl ToString) -> Error {
        Error::Item { number, key: self.key.clone(), what: what.to_string() }
    }

    pub(super) fn manifest(&self, what: impl ToString) -> Error {
        Error::Manifest { key: self.key.clone(), what: what.to_string() }
    }
}
