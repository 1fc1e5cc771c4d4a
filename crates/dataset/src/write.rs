//! Writes the results of a distributed Map as AWS does: a file for each status, and a manifest.
//!
//! Formats: "ResultWriter", developer guide. A file grows at its end while the Map runs. Whoever writes
//! says how long it was, so that what was written by somebody who died in the middle is written over.

use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Seek, SeekFrom, Write as _};
use std::path::PathBuf;

use faastlane_value::{Value, json};
use serde::{Deserialize, Serialize};

use crate::{Error, Store};

/// Where results go.
#[derive(Debug, Clone, Copy)]
pub struct Destination<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// What keys begin with, the Map Run's own id included, without a `/` at its end.
    pub folder: &'a str,
    /// How results are written.
    pub spelling: Spelling,
}

/// `OutputType`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Spelling {
    /// One array.
    Json,
    /// A line for each.
    JsonLines,
}

/// One of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the statuses of child executions")]
pub enum ResultFile {
    Failed,
    Pending,
    Succeeded,
}

/// How long the files are, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Lengths([u64; 3]);

impl ResultFile {
    const ALL: [Self; 3] = [Self::Failed, Self::Pending, Self::Succeeded];

    /// The status, as it stands in the manifest.
    fn status(self) -> &'static str {
        match self {
            Self::Failed => "FAILED",
            Self::Pending => "PENDING",
            Self::Succeeded => "SUCCEEDED",
        }
    }
}

/// Writes results.
#[derive(Debug)]
pub struct Writer<'a> {
    store: &'a Store,
    to: Destination<'a>,
}

impl<'a> Writer<'a> {
    /// What writes there; nothing is written yet.
    #[must_use]
    pub fn new(store: &'a Store, to: Destination<'a>) -> Self {
        Self { store, to }
    }

    /// The key of the manifest.
    #[must_use]
    pub fn manifest_key(&self) -> String {
        self.key("manifest.json")
    }

    /// Adds results to a file that is as long as `lengths` says, which is changed to what it is then.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn append<'v>(
        &self,
        lengths: &mut Lengths,
        file: ResultFile,
        results: impl IntoIterator<Item = &'v Value>,
    ) -> Result<(), Error> {
        let mut results = results.into_iter().peekable();
        if results.peek().is_none() {
            return Ok(());
        }
        let is_array = self.to.spelling == Spelling::Json;
        self.extend(lengths, file, |out, length| {
            let mut before = if length == 0 { "[" } else { "," };
            for result in results {
                if is_array {
                    out.write_all(std::mem::replace(&mut before, ",").as_bytes())?;
                }
                json::write(result, out)?;
                if !is_array {
                    out.write_all(b"\n")?;
                }
            }
            Ok(())
        })
    }

    /// Ends all files and writes the manifest, which makes them results.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn finish(&self, map_run_arn: &str, mut lengths: Lengths) -> Result<(), Error> {
        let mut files = Vec::new();
        for file in ResultFile::ALL {
            if lengths.0[file as usize] > 0 {
                if self.to.spelling == Spelling::Json {
                    self.extend(&mut lengths, file, |out, _| out.write_all(b"]"))?;
                }
                self.publish(&self.name(file), lengths.0[file as usize])?;
            }
            let size = i64::try_from(lengths.0[file as usize]).unwrap_or(i64::MAX);
            let entry = Value::object([
                ("Key", Value::from(self.key(&self.name(file)))),
                ("Size", Value::from(size)),
            ]);
            files.push((file.status(), Value::array((size > 0).then_some(entry))));
        }
        let manifest = Value::object([
            ("DestinationBucket", Value::from(self.to.bucket)),
            ("MapRunArn", Value::from(map_run_arn)),
            ("ResultFiles", Value::object(files)),
        ]);
        let text = manifest.to_json();
        let path = self.path("manifest.json")?;
        fs::write(&path, &text).map_err(Error::io(format!("Writing {}", path.display())))?;
        self.publish("manifest.json", text.len() as u64)?;
        self.clear();
        Ok(())
    }

    /// Lets `write` add to a file. It is told how long the file is.
    fn extend(
        &self,
        lengths: &mut Lengths,
        file: ResultFile,
        write: impl FnOnce(&mut BufWriter<File>, u64) -> std::io::Result<()>,
    ) -> Result<(), Error> {
        let path = self.path(&self.name(file))?;
        let length = &mut lengths.0[file as usize];
        let extend = || {
            let mut opened =
                OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
            opened.set_len(*length)?;
            opened.seek(SeekFrom::Start(*length))?;
            let mut out = BufWriter::new(opened);
            write(&mut out, *length)?;
            out.stream_position()
        };
        *length = extend().map_err(Error::io(format!("Writing {}", path.display())))?;
        Ok(())
    }

    fn name(&self, file: ResultFile) -> String {
        let ending = if self.to.spelling == Spelling::Json { "json" } else { "jsonl" };
        format!("{}_0.{ending}", file.status())
    }

    fn key(&self, name: &str) -> String {
        format!("{}/{name}", self.to.folder)
    }

    /// Where a file lies while it is written: in its bucket, or in a folder of ours before it is sent.
    fn path(&self, name: &str) -> Result<PathBuf, Error> {
        if let Some(path) = self.store.path(self.to.bucket, &self.key(name))? {
            return Ok(path);
        }
        let folder = self.waiting();
        fs::create_dir_all(&folder).map_err(Error::io(format!("Making {}", folder.display())))?;
        Ok(folder.join(name))
    }

    /// The folder of files that wait to be sent: another process must find it, too.
    fn waiting(&self) -> PathBuf {
        let id = self.to.folder.rsplit('/').next().unwrap_or_default();
        std::env::temp_dir().join(format!("faastlane-results-{id}"))
    }

    fn publish(&self, name: &str, length: u64) -> Result<(), Error> {
        let key = self.key(name);
        if self.store.path(self.to.bucket, &key)?.is_some() {
            return Ok(());
        }
        let path = self.path(name)?;
        let file = File::open(&path).map_err(Error::io(format!("Reading {}", path.display())))?;
        self.store.put(self.to.bucket, &key, file, length)
    }

    /// Removes what waited to be sent.
    pub fn clear(&self) {
        // What cannot be removed is a temporary file.
        let _ = fs::remove_dir_all(self.waiting());
    }
}
