//! A manifest names the files that hold the items: an inventory of S3, or what Athena has unloaded.
//!
//! Formats: "Amazon S3 Inventory manifest" (user guide of S3), and "Athena manifest" of the developer
//! guide's page on `ItemReader`.

use faastlane_asl::{Csv, Format, Manifest};
use faastlane_value::{ArcStr, Value, json};

use super::input::Input;
use super::{Cursor, File};
use crate::{Error, Store};

pub(super) struct Files {
    bucket: String,
    keys: Vec<String>,
    format: Format,
    open: Option<File>,
}

impl Files {
    /// Reads the manifest itself, which is small.
    pub(super) fn open(
        store: &Store,
        bucket: &str,
        key: &str,
        kind: &Manifest,
    ) -> Result<Self, Error> {
        let mut input = Input::open(store, bucket, key, 0)?;
        let text = input.rest()?;
        match kind {
            Manifest::Inventory => Self::inventory(&input, &text, bucket),
            Manifest::Athena(format) => Self::athena(&input, &text, format),
        }
    }

    fn inventory(input: &Input, text: &[u8], bucket: &str) -> Result<Self, Error> {
        let manifest = json::parse(text).map_err(|error| input.manifest(error))?;
        let member = |name| manifest.get(name).and_then(Value::as_str);
        if member("fileFormat") != Some("CSV") {
            let found = member("fileFormat").unwrap_or("nothing");
            let what = format!("its fileFormat is {found}; only CSV inventories can be read");
            return Err(input.manifest(what));
        }
        let schema = member("fileSchema").ok_or_else(|| input.manifest("it has no fileSchema"))?;
        let columns: Vec<ArcStr> = schema.split(',').map(|name| name.trim().into()).collect();
        // The inventory may lie in another bucket than what it lists; its files lie beside it.
        let destination = member("destinationBucket").and_then(|arn| arn.rsplit(':').next());
        let files = manifest.get("files").and_then(Value::as_array);
        let files = files.ok_or_else(|| input.manifest("it has no list of files"))?;
        let keys = files.iter().map(|file| {
            let key = file.get("key").and_then(Value::as_str);
            key.map(str::to_owned).ok_or_else(|| input.manifest("one of its files has no key"))
        });
        Ok(Self {
            bucket: destination.unwrap_or(bucket).to_owned(),
            keys: keys.collect::<Result<_, _>>()?,
            format: Format::Csv(Csv { columns: Some(columns), delimiter: b',' }),
            open: None,
        })
    }

    /// One address to a line, `s3://BUCKET/KEY`, all in one bucket.
    fn athena(input: &Input, text: &[u8], format: &Format) -> Result<Self, Error> {
        let text = std::str::from_utf8(text).map_err(|error| input.manifest(error))?;
        let mut found: Option<&str> = None;
        let mut keys = Vec::new();
        for line in text.lines().map(|line| line.trim().trim_matches('"')) {
            if line.is_empty() {
                continue;
            }
            let place = line.strip_prefix("s3://").and_then(|place| place.split_once('/'));
            let (bucket, key) =
                place.ok_or_else(|| input.manifest(format!("'{line}' is not s3://BUCKET/KEY")))?;
            if *found.get_or_insert(bucket) != bucket {
                return Err(input.manifest("its files lie in several buckets"));
            }
            keys.push(key.to_owned());
        }
        let bucket = found.unwrap_or_default().to_owned();
        Ok(Self { bucket, keys, format: format.clone(), open: None })
    }

    /// Adds items of one file, the next one if the last is over; whether there may be more.
    pub(super) fn fill(
        &mut self,
        store: &Store,
        at: &mut Cursor,
        most: usize,
        items: &mut Vec<Value>,
    ) -> Result<bool, Error> {
        while let Some(key) = self.keys.get(at.file) {
            if self.open.is_none() {
                let input = Input::open(store, &self.bucket, key, at.offset)?;
                self.open = Some(File::of(input, &self.format, at)?);
            }
            let Some(file) = &mut self.open else { break };
            match file.fill(at, most, items) {
                Ok(true) => return Ok(true),
                // A file without rows among others is nothing wrong.
                Ok(false) | Err(Error::OnlyHeaders) => {}
                Err(error) => return Err(error),
            }
            self.open = None;
            *at = Cursor { file: at.file + 1, ..Cursor::default() };
            if !items.is_empty() {
                break;
            }
        }
        Ok(at.file < self.keys.len())
    }
}
