//! What a listing tells of an object, as items of a Map have it.

use std::fs;
use std::io;
use std::path::Path;
use std::time::UNIX_EPOCH;

use faastlane_value::{ObjectBuilder, Value};

/// One object of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) key: String,
    /// In quotes, as S3 has it.
    pub(super) etag: String,
    /// Seconds since 1970.
    pub(super) last_modified: i64,
    /// In bytes.
    pub(super) size: u64,
    pub(super) storage_class: String,
}

impl Object {
    /// A file, whose key is `key`.
    pub(super) fn of_file(key: String, path: &Path) -> io::Result<Self> {
        let about = fs::metadata(path)?;
        let modified = about.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(Self {
            key,
            // Another one whenever the file is another one; the hash of its content would be read.
            etag: format!("\"{:x}-{:x}\"", modified.as_nanos(), about.len()),
            last_modified: i64::try_from(modified.as_secs()).unwrap_or(i64::MAX),
            size: about.len(),
            storage_class: "STANDARD".to_owned(),
        })
    }

    /// The item that it is: "ItemReader", developer guide, of `s3:listObjectsV2`.
    pub(crate) fn to_value(&self) -> Value {
        let mut item = ObjectBuilder::with_capacity(5);
        item.insert("Etag", self.etag.as_str());
        item.insert("Key", self.key.as_str());
        item.insert("LastModified", self.last_modified);
        item.insert("Size", i64::try_from(self.size).unwrap_or(i64::MAX));
        item.insert("StorageClass", self.storage_class.as_str());
        item.build()
    }
}
