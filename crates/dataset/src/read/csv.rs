//! CSV: a row is an object of texts.

use std::io::Read;

use csv::{ByteRecord, ReaderBuilder};
use faastlane_asl::Csv;
use faastlane_value::{ObjectBuilder, Value, intern};

use super::Cursor;
use super::input::Input;
use crate::Error;

pub(super) struct Rows {
    reader: csv::Reader<Box<dyn Read>>,
    key: String,
    /// Where the file's own count of bytes begins.
    base: u64,
    columns: Vec<String>,
    row: ByteRecord,
}

impl Rows {
    pub(super) fn new(input: Input, form: &Csv, at: &Cursor) -> Result<Self, Error> {
        let (base, key) = (input.offset, input.key.clone());
        let file: Box<dyn Read> = Box::new(input.into_read());
        let mut builder = ReaderBuilder::new();
        let reader = builder.delimiter(form.delimiter).has_headers(false).flexible(true);
        let mut rows = Self {
            reader: reader.from_reader(file),
            key,
            base,
            columns: at.columns.clone(),
            row: ByteRecord::new(),
        };
        if rows.columns.is_empty() {
            rows.columns = match &form.columns {
                Some(columns) => columns.iter().map(ToString::to_string).collect(),
                None => rows.first_row()?,
            };
            let mut sorted: Vec<&String> = rows.columns.iter().collect();
            sorted.sort_unstable();
            if sorted.windows(2).any(|two| two[0] == two[1]) {
                return Err(Error::DuplicateHeaders);
            }
        }
        Ok(rows)
    }

    fn first_row(&mut self) -> Result<Vec<String>, Error> {
        if !self.read(0)? {
            return Err(Error::OnlyHeaders);
        }
        let columns = (0..self.row.len()).map(|at| self.text(at, 0).map(str::to_owned));
        columns.collect()
    }

    /// The next item. A row that is shorter than the header has empty texts at its end; what is more
    /// than the header is dropped ("ItemReader", developer guide).
    pub(super) fn next(&mut self, at: &mut Cursor) -> Result<Option<Value>, Error> {
        let is_first = at.number == 0;
        let number = at.number + 1;
        if !self.read(number)? {
            let none = is_first && at.columns.is_empty();
            return if none { Err(Error::OnlyHeaders) } else { Ok(None) };
        }
        if at.columns.is_empty() {
            at.columns.clone_from(&self.columns);
        }
        let mut item = ObjectBuilder::with_capacity(self.columns.len());
        for (place, column) in self.columns.iter().enumerate() {
            item.insert(intern(column), self.text(place, number)?);
        }
        at.number = number;
        at.offset = self.base + self.reader.position().byte();
        Ok(Some(item.build()))
    }

    fn read(&mut self, number: u64) -> Result<bool, Error> {
        let read = self.reader.read_byte_record(&mut self.row);
        read.map_err(|error| self.item(number, &error.to_string()))
    }

    fn text(&self, place: usize, number: u64) -> Result<&str, Error> {
        let bytes = self.row.get(place).unwrap_or_default();
        std::str::from_utf8(bytes).map_err(|_| self.item(number, "it is not UTF-8"))
    }

    fn item(&self, number: u64, what: &str) -> Error {
        Error::Item { number, key: self.key.clone(), what: what.to_owned() }
    }
}
