//! The Pythons of this machine, each run once and remembered.
//!
//! All candidates are run at the same time: they mostly wait for the disk, and one that hangs then costs
//! its time limit once. Stopping at the first that fits was the road not taken, because which one fits
//! depends on the function, and a second function would begin again.

use crate::cache::{Answers, Asked, Stamp, ask};
use crate::places::candidates;
use crate::{Error, Library, OLDEST, Python, Search};
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf, absolute};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// How many candidates are run at the same time.
const AT_ONCE: usize = 8;

/// What a search found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The Pythons that run, of any version 3, in the order of preference among equals: PATH, pyenv, uv.
    pub pythons: Vec<Python>,
    /// The candidates that do not run, for error messages and `--verbose`.
    pub skipped: Vec<Skipped>,
}

/// A candidate that does not run.
#[derive(Debug, Clone)]
pub struct Skipped {
    /// The candidate.
    pub path: PathBuf,
    /// Why, as the end of a sentence about it: "did not answer within 10s".
    pub why: String,
}

/// Finds the Pythons of this machine.
///
/// The first search runs every candidate, several at a time; later ones run only what is new or changed.
/// The same Python under several names is there once. A virtual environment and the Python it was made
/// from are two.
pub fn pythons(search: &Search) -> Found {
    let mut answers = Answers::load(search);
    let candidates = candidates(search);
    let asked = ask_all(search, &answers, &candidates);
    let mut found = Found::default();
    let mut seen = HashSet::new();
    for (candidate, asked) in candidates.into_iter().zip(asked) {
        answers.remember(&candidate, &asked);
        match asked.answer {
            Ok(python) => {
                let real = fs::canonicalize(&python.path).unwrap_or_else(|_| python.path.clone());
                if seen.insert((real, python.prefix.clone())) {
                    found.pythons.push(python);
                }
            }
            Err(why) => found.skipped.push(Skipped { path: candidate, why }),
        }
    }
    answers.save();
    found
}

/// The Python that `--python` names: an interpreter, or an environment's folder with `bin/python`.
///
/// It is used as it is and nothing is installed into it.
pub fn ready(path: &Path, search: &Search) -> Result<Python, Error> {
    let fault = |why: String| Error::NotReady { path: path.to_path_buf(), why };
    let full = absolute(search.cwd.join(path)).map_err(|error| fault(error.to_string()))?;
    let program = if full.is_dir() {
        let in_folder = ["bin/python", "bin/python3"].map(|name| full.join(name));
        in_folder
            .into_iter()
            .find(|file| file.is_file())
            .ok_or_else(|| fault("is a folder without bin/python".to_owned()))?
    } else {
        full
    };
    let mut answers = Answers::load(search);
    let asked = answers.recall(&program).unwrap_or_else(|stamp| ask(search, &program, stamp));
    answers.remember(&program, &asked);
    answers.save();
    let python = asked.answer.map_err(fault)?;
    if python.version < OLDEST {
        return Err(Error::TooOld { path: path.to_path_buf(), version: python.version });
    }
    // A wrapper script which the user names may set variables, so it is not passed over: neither
    // by what starts the interpreter nor by what loads its library.
    let is_itself = fs::canonicalize(&program).ok() == fs::canonicalize(&python.path).ok();
    let library = if is_itself { python.library } else { Library::default() };
    Ok(Python { path: program, library, ..python })
}

/// One answer for each candidate, in order; those not remembered are run, `AT_ONCE` at a time.
fn ask_all(search: &Search, answers: &Answers<'_>, candidates: &[PathBuf]) -> Vec<Asked> {
    let recalled: Vec<_> = candidates.iter().map(|candidate| answers.recall(candidate)).collect();
    let unknown: Vec<(usize, Option<Stamp>)> = recalled
        .iter()
        .enumerate()
        .filter_map(|(index, recalled)| Some((index, recalled.as_ref().err()?.clone())))
        .collect();
    let mut fresh = run_all(search, candidates, &unknown).into_iter();
    recalled
        .into_iter()
        .map(|recalled| {
            recalled.unwrap_or_else(|_| fresh.next().expect("each unknown candidate was run"))
        })
        .collect()
}

/// Runs the unknown candidates; the answers come in their order.
fn run_all(
    search: &Search,
    candidates: &[PathBuf],
    unknown: &[(usize, Option<Stamp>)],
) -> Vec<Asked> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(unknown.len()));
    thread::scope(|scope| {
        for _ in 0..unknown.len().min(AT_ONCE) {
            scope.spawn(|| {
                while let Some((index, stamp)) = unknown.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let asked = ask(search, &candidates[*index], stamp.clone());
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((*index, asked));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, asked)| asked).collect()
}
