//! Cached package environments, one for each set of requirements and each Python.
//!
//! An environment is made in its final place, because scripts in it carry absolute paths, and becomes
//! valid by its mark, a file which is renamed into it last. One without a mark was interrupted: it is
//! removed and made anew. Functions with equal requirements share one.
//!
//! Two processes do not make the same one: the maker holds a lock on a file beside it. That file is also
//! the standard input of uv and pip, so that the lock outlives a maker that is killed while they still
//! write. It is empty; reading from it gives the end, as from `/dev/null`.

use crate::fingerprint::fingerprint;
use crate::maker::{self, Maker};
use crate::output::{Meter, failure};
use crate::requirements::Requirements;
use crate::step::{self, Step};
use crate::{Error, Python, Search};
use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// One event of making an environment, for a progress bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// What is being done, for example `collecting requests`.
    pub step: String,
    /// How many parts are done: each package that was fetched, and installing them all at the end.
    pub done: u64,
    /// How many parts there are, once the tool has found out.
    pub total: Option<u64>,
}

/// The environments in one cache folder.
#[derive(Debug, Clone)]
pub struct Environments {
    folder: Option<PathBuf>,
    uv: Option<PathBuf>,
    limit: Duration,
}

impl Environments {
    /// The environments in the search's cache folder, made with uv if it is on the search's path.
    pub fn new(search: &Search) -> Self {
        Self {
            folder: search.cache.as_ref().map(|cache| cache.join("environments")),
            uv: search.which("uv"),
            limit: search.limit,
        }
    }

    /// The interpreter with which a function can import what it requires: that of an environment, which
    /// is made if it is not there, or `python` itself where nothing is required.
    ///
    /// Making one takes seconds to minutes and mostly waits for the network; settings of pip and uv (their
    /// variables, configuration files, proxies) apply. `progress` is called from this thread.
    ///
    /// # Errors
    ///
    /// [`Error::NoInstaller`] if `python` has nothing to make an environment with, [`Error::Install`] with
    /// the tool's own words if that failed, [`Error::Interrupted`] if it was stopped by a signal,
    /// [`Error::NoCache`] or [`Error::Io`] if the cache cannot be used.
    pub fn ensure(
        &self,
        python: &Python,
        requirements: &Requirements,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<PathBuf, Error> {
        if requirements.is_none() {
            return Ok(python.path.clone());
        }
        let folder = self.folder.as_ref().ok_or(Error::NoCache)?;
        let environment = Environment::new(folder, python, requirements);
        if environment.is_complete() {
            return Ok(environment.python());
        }
        fs::create_dir_all(folder).map_err(Error::io("making the folder", folder))?;
        let lock = environment.lock(progress)?;
        // Whoever held the lock may have made it.
        if !environment.is_complete() {
            environment.remove()?;
            let made = self.make(&environment, python, requirements, &lock, progress);
            if made.is_err() {
                // What is left is not valid without its mark; the next maker removes it.
                let _ = environment.remove();
            }
            made?;
        }
        Ok(environment.python())
    }

    /// The folder of a package in any environment that was made.
    #[must_use]
    pub fn package(&self, name: &str) -> Option<PathBuf> {
        let folders = self.folder.as_ref()?.read_dir().ok()?.flatten();
        let libraries = folders.filter_map(|entry| entry.path().join("lib").read_dir().ok());
        let pythons = libraries.flat_map(|library| library.flatten()).map(|entry| entry.path());
        let packages = pythons.map(|python| python.join("site-packages").join(name));
        packages.filter(|package| package.is_dir()).max()
    }

    fn make(
        &self,
        environment: &Environment,
        python: &Python,
        requirements: &Requirements,
        lock: &File,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), Error> {
        let maker = Maker::find(self.uv.as_deref(), python, self.limit).ok_or_else(|| {
            let (python, what) = (python.path.clone(), requirements.name());
            Error::NoInstaller { python, what }
        })?;
        let step = format!("making an environment for {}", requirements.name());
        progress(Progress { step, done: 0, total: None });
        let steps = maker::steps(&maker, python, &environment.folder, requirements);
        let log = environment.beside("log");
        let mut log_file = File::create(&log).map_err(Error::io("writing", &log))?;
        for step in &steps {
            let run = Run { step, requirements, tool: maker.name(), log: &log };
            run.to_end(&mut log_file, lock, progress)?;
        }
        environment.complete()
    }
}

/// One step, and what is needed to speak about it.
struct Run<'a> {
    step: &'a Step,
    requirements: &'a Requirements,
    tool: &'static str,
    log: &'a Path,
}

impl Run<'_> {
    fn to_end(
        &self,
        log_file: &mut File,
        lock: &File,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), Error> {
        let mut meter = Meter::default();
        let mut lines = Vec::new();
        let ended = step::run(self.step, lock, &mut |line| {
            // The log only helps to understand a failure; a full disk shows elsewhere.
            let _ = writeln!(log_file, "{line}");
            if let Some(event) = meter.read(line) {
                progress(event);
            }
            lines.push(line.to_owned());
        });
        let status = ended.map_err(Error::io("running", &self.step.program))?;
        if status.success() {
            return Ok(());
        }
        let what = self.requirements.name();
        if step::interrupted(status, &lines) {
            return Err(Error::Interrupted { what });
        }
        let lines = failure(&lines, status);
        Err(Error::Install { what, tool: self.tool, lines, log: self.log.to_path_buf() })
    }
}

/// One environment's place and identity.
struct Environment {
    folder: PathBuf,
    /// Everything that decides what is in it; its mark holds the same text.
    key: String,
}

impl Environment {
    fn new(folder: &Path, python: &Python, requirements: &Requirements) -> Self {
        let real = fs::canonicalize(&python.path).unwrap_or_else(|_| python.path.clone());
        let key = format!(
            "{} {} {} {}\n{}\n",
            real.display(),
            python.prefix.display(),
            python.version,
            python.platform,
            requirements.text()
        );
        Self { folder: folder.join(fingerprint(&key)), key }
    }

    fn python(&self) -> PathBuf {
        self.folder.join("bin/python")
    }

    /// Whether it was made to its end and the Python it rests on is still there.
    fn is_complete(&self) -> bool {
        let marked = fs::read(self.mark()).is_ok_and(|mark| mark == self.key.as_bytes());
        marked && self.python().is_file()
    }

    fn complete(&self) -> Result<(), Error> {
        let beside = self.beside("mark");
        fs::write(&beside, &self.key).map_err(Error::io("writing", &beside))?;
        fs::rename(&beside, self.mark()).map_err(Error::io("writing", &self.mark()))
    }

    fn remove(&self) -> Result<(), Error> {
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::io("removing a half-made environment", &self.folder)(error))
            }
            _ => Ok(()),
        }
    }

    /// The lock, after waiting for another process that makes the same environment.
    fn lock(&self, progress: &mut dyn FnMut(Progress)) -> Result<File, Error> {
        let path = self.beside("lock");
        let io = |error| Error::io("locking", &path)(error);
        let open = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let file = open.map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let step = "waiting for another process that makes this environment".to_owned();
                progress(Progress { step, done: 0, total: None });
                file.lock().map_err(io)?;
            }
            Err(TryLockError::Error(error)) => return Err(io(error)),
        }
        Ok(file)
    }

    fn mark(&self) -> PathBuf {
        self.folder.join("faastlane-environment")
    }

    fn beside(&self, ending: &str) -> PathBuf {
        self.folder.with_extension(ending)
    }
}
