//! Remembers what interpreters answered, so that a warm start runs none.
//!
//! One JSON file in the cache folder. An entry holds as long as the file it is about keeps its
//! modification time and size. A shim keeps both while the Python behind it changes, so for shims the
//! files and variables which steer them are part of the stamp.
//!
//! Only answers are kept, and refusals of shims (a version that is not enabled stays so until one of
//! those files changes). A candidate that was too slow or that could not be started is asked again.

use crate::Search;
use crate::fingerprint::fingerprint;
use crate::probe::{Fault, Python, probe};
use serde::{Deserialize, Serialize};
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process;

/// Counts up when the meaning of an entry changes.
const FORMAT: u32 = 2;

#[derive(Default, Serialize, Deserialize)]
struct Remembered {
    format: u32,
    /// By the candidate's path; paths that are not UTF-8 are asked each time.
    entries: BTreeMap<String, Entry>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Entry {
    stamp: String,
    /// The Python, or why the candidate is none.
    answer: Result<Python, String>,
}

/// The remembered answers of one search.
pub(crate) struct Answers<'a> {
    search: &'a Search,
    remembered: Remembered,
    steering: OnceCell<String>,
    changed: bool,
}

/// What a candidate is, and how to remember it.
pub(crate) struct Asked {
    stamp: Option<Stamp>,
    pub(crate) answer: Result<Python, String>,
    keep: bool,
}

/// What must stay the same for an answer to hold.
#[derive(Clone)]
pub(crate) struct Stamp {
    text: String,
    shim: bool,
}

impl<'a> Answers<'a> {
    /// Reads the file; one that is missing, damaged or of another format counts as empty.
    pub(crate) fn load(search: &'a Search) -> Self {
        let remembered = file(search)
            .and_then(|file| fs::read(file).ok())
            .and_then(|bytes| serde_json::from_slice::<Remembered>(&bytes).ok())
            .filter(|remembered| remembered.format == FORMAT)
            .unwrap_or_default();
        Self { search, remembered, steering: OnceCell::new(), changed: false }
    }

    /// The remembered answer, or the stamp under which a new one is to be kept.
    pub(crate) fn recall(&self, candidate: &Path) -> Result<Asked, Option<Stamp>> {
        let stamp = self.stamp(candidate);
        let entry = candidate.to_str().and_then(|path| self.remembered.entries.get(path));
        match (entry, &stamp) {
            (Some(entry), Some(now)) if entry.stamp == now.text => {
                Ok(Asked { stamp, answer: entry.answer.clone(), keep: false })
            }
            _ => Err(stamp),
        }
    }

    /// Takes an answer into memory if it may be kept.
    pub(crate) fn remember(&mut self, candidate: &Path, asked: &Asked) {
        let (Some(path), Some(stamp), true) = (candidate.to_str(), &asked.stamp, asked.keep) else {
            return;
        };
        let entry = Entry { stamp: stamp.text.clone(), answer: asked.answer.clone() };
        self.remembered.entries.insert(path.to_owned(), entry);
        self.changed = true;
    }

    /// Writes the file if something was learnt. A cache that cannot be written is no error: the next
    /// start asks again.
    pub(crate) fn save(mut self) {
        let (true, Some(file)) = (self.changed, file(self.search)) else { return };
        self.remembered.format = FORMAT;
        self.remembered.entries.retain(|path, _| Path::new(path).exists());
        let _ = write_whole(&file, &self.remembered);
    }

    fn stamp(&self, candidate: &Path) -> Option<Stamp> {
        let metadata = fs::metadata(candidate).ok()?;
        let mut text =
            format!("{}.{:09} {}", metadata.mtime(), metadata.mtime_nsec(), metadata.size());
        let shim = is_shim(candidate);
        if shim {
            text.push(' ');
            text.push_str(self.steering.get_or_init(|| steering(self.search)));
        }
        Some(Stamp { text, shim })
    }
}

/// Runs the candidate.
pub(crate) fn ask(search: &Search, candidate: &Path, stamp: Option<Stamp>) -> Asked {
    let answer = probe(candidate, &search.cwd, search.limit);
    let shim = stamp.as_ref().is_some_and(|stamp| stamp.shim);
    let keep = answer.is_ok() || shim && matches!(answer, Err(Fault::Failed(..)));
    Asked { stamp, answer: answer.map_err(|fault| fault.to_string()), keep }
}

fn file(search: &Search) -> Option<PathBuf> {
    search.cache.as_ref().map(|cache| cache.join("pythons.json"))
}

/// Writes beside the file and renames, so that a reader never sees half of it.
fn write_whole(file: &Path, remembered: &Remembered) -> std::io::Result<()> {
    fs::create_dir_all(file.parent().expect("the file lies in the cache folder"))?;
    let beside = file.with_extension(format!("{}.new", process::id()));
    fs::write(&beside, serde_json::to_vec(remembered)?)?;
    fs::rename(beside, file)
}

/// Whether another program is started by this one: a script (pyenv, asdf), or a link to a binary of
/// another name (mise).
fn is_shim(candidate: &Path) -> bool {
    let mut start = [0; 2];
    let script = File::open(candidate).and_then(|mut file| file.read_exact(&mut start)).is_ok()
        && start == *b"#!";
    let real = fs::canonicalize(candidate).unwrap_or_default();
    let name = real.file_name().unwrap_or_default().to_string_lossy().into_owned();
    script || !name.starts_with("python")
}

/// All that steers shims: pyenv reads `.python-version` in this folder and above and its own `version`
/// file; asdf and mise read `.tool-versions` and `mise.toml`.
fn steering(search: &Search) -> String {
    let names = [".python-version", ".tool-versions", "mise.toml", ".mise.toml"];
    let above = search.cwd.ancestors().flat_map(|folder| names.map(|name| folder.join(name)));
    let home = search.home.iter().flat_map(|home| {
        [".tool-versions", ".config/mise/config.toml"].map(|name| home.join(name))
    });
    let pyenv = search.pyenv_root.iter().map(|root| root.join("version"));
    let mut all = search.shim_choice.clone();
    for file in above.chain(home).chain(pyenv) {
        if let Ok(text) = fs::read(&file) {
            all.push_str(&format!("\n{}\n{}", file.display(), String::from_utf8_lossy(&text)));
        }
    }
    fingerprint(&all)
}
