//! Reads the items of a dataset, chunk by chunk.

mod csv;
mod input;
mod json;
mod lines;
mod manifest;

use faastlane_asl::Format;
use faastlane_value::Value;
use serde::{Deserialize, Serialize};

use crate::{Error, Store};
use input::Input;

/// What items are read from.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// The content of an object.
    Object {
        /// Its bucket.
        bucket: &'a str,
        /// Its key.
        key: &'a str,
        /// How items lie in it.
        format: &'a Format,
    },
    /// The objects themselves.
    Listing {
        /// Their bucket.
        bucket: &'a str,
        /// What their keys begin with.
        prefix: &'a str,
    },
}

/// Items that were read.
#[derive(Debug, PartialEq)]
pub struct Chunk {
    /// The items, in order.
    pub items: Vec<Value>,
    /// Where the next ones are; none if these were the last.
    pub next: Option<Cursor>,
}

/// A place between two items.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cursor {
    /// Which file of a manifest.
    file: usize,
    /// The byte of it at which reading goes on; 0 is before all that is not an item.
    offset: u64,
    /// How many items, or lines, came before in that file.
    number: u64,
    /// The names of its columns, once they are known.
    columns: Vec<String>,
    /// The last object of a listing.
    after: String,
}

/// Reads items from where a cursor is.
pub struct Reader {
    store: Store,
    form: Form,
    at: Cursor,
}

enum Form {
    File(File),
    Manifest(manifest::Files),
    Listing { bucket: String, prefix: String },
}

/// A file that holds items.
enum File {
    Json(json::Elements),
    Lines(lines::Lines),
    Csv(csv::Rows),
}

/// How much text a chunk is made of, at least, if there is so much: bytes.
const CHUNK_BYTES: u64 = 1 << 20;

impl Reader {
    /// Opens a dataset at its start, or where `from` is.
    ///
    /// # Errors
    /// It is not there, cannot be read, or is not of its format.
    pub fn open(store: &Store, source: Source<'_>, from: Option<Cursor>) -> Result<Self, Error> {
        let at = from.unwrap_or_default();
        let form = match source {
            Source::Listing { bucket, prefix } => {
                Form::Listing { bucket: bucket.to_owned(), prefix: prefix.to_owned() }
            }
            Source::Object { bucket, key, format } => {
                if let Format::Manifest(kind) = format {
                    Form::Manifest(manifest::Files::open(store, bucket, key, kind)?)
                } else {
                    Form::File(File::of(Input::open(store, bucket, key, at.offset)?, format, &at)?)
                }
            }
        };
        Ok(Self { store: store.clone(), form, at })
    }

    /// Reads the next items: at most `most`, and no more than about a megabyte of text.
    ///
    /// # Errors
    /// The dataset cannot be read on, or holds something that is no item.
    pub fn next(&mut self, most: usize) -> Result<Chunk, Error> {
        let mut items = Vec::new();
        let more = match &mut self.form {
            Form::Listing { bucket, prefix } => {
                let mut page = self.store.list(bucket, prefix, &self.at.after)?;
                let more = page.len() >= most.min(crate::store::PAGE);
                page.truncate(most);
                if let Some(last) = page.last() {
                    self.at.after.clone_from(&last.key);
                }
                items.extend(page.iter().map(crate::store::Object::to_value));
                more
            }
            Form::Manifest(files) => files.fill(&self.store, &mut self.at, most, &mut items)?,
            Form::File(file) => file.fill(&mut self.at, most, &mut items)?,
        };
        Ok(Chunk { items, next: more.then(|| self.at.clone()) })
    }
}

impl File {
    /// A file of this format; the cursor is in it.
    fn of(input: Input, format: &Format, at: &Cursor) -> Result<Self, Error> {
        Ok(match format {
            Format::Json(pointer) => Self::Json(json::Elements::new(input, pointer)),
            Format::JsonLines => Self::Lines(lines::Lines::new(input)),
            Format::Csv(form) => Self::Csv(csv::Rows::new(input, form, at)?),
            Format::Manifest(_) => return Err(input.manifest("a manifest in a manifest")),
        })
    }

    /// Adds items until there are `most`, or enough; whether there may be more.
    fn fill(
        &mut self,
        at: &mut Cursor,
        most: usize,
        items: &mut Vec<Value>,
    ) -> Result<bool, Error> {
        let begin = at.offset;
        while items.len() < most {
            let item = match self {
                Self::Json(elements) => elements.next(at)?,
                Self::Lines(lines) => lines.next(at)?,
                Self::Csv(rows) => rows.next(at)?,
            };
            let Some(item) = item else { return Ok(false) };
            items.push(item);
            if at.offset - begin >= CHUNK_BYTES {
                break;
            }
        }
        Ok(true)
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("at", &self.at).finish_non_exhaustive()
    }
}
