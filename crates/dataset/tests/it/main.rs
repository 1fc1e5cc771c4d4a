//! Datasets in a folder and at an endpoint.

mod endpoint;
mod formats;
mod random;
mod results;

use std::fs;
use std::path::Path;

use faastlane_dataset::{Cursor, Error, Location, Reader, Source, Store};

/// A folder with one bucket, `data`.
struct Bucket(tempfile::TempDir);

impl Bucket {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("data")).unwrap();
        Self(root)
    }

    fn put(&self, key: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn path(&self) -> std::path::PathBuf {
        self.0.path().join("data")
    }

    fn store(&self) -> Store {
        store(self.0.path())
    }
}

fn store(root: &Path) -> Store {
    Store::new(Location::Folder(root.to_owned()))
}

/// All items as JSON texts, read with a new reader for every `most` of them.
fn read(store: &Store, source: Source<'_>, most: usize) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    let mut at: Option<Cursor> = None;
    loop {
        let chunk = Reader::open(store, source, at)?.next(most)?;
        assert!(chunk.items.len() <= most);
        found.extend(chunk.items.iter().map(faastlane_value::Value::to_json));
        at = chunk.next;
        if at.is_none() {
            return Ok(found);
        }
    }
}
