//! The file, its one connection that writes, and those that read.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::lock::Lock;
use crate::{Error, schema};

/// Readers that are kept for the next query.
const IDLE_READERS: usize = 4;
/// Others than this process may look into the file, with `sqlite3` for example.
const PATIENCE: Duration = Duration::from_secs(10);
/// After how many pages the log is moved into the file, which the commit that reaches it pays for.
const CHECKPOINT_PAGES: i64 = 4_000;
/// What the log is cut back to then, in bytes.
const LOG_BYTES: i64 = 64 << 20;
/// Statements that stay prepared, by connection: more than there are.
const STATEMENTS: usize = 128;

/// What survives what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Each commit is on the disk before it returns: survives a loss of power.
    Full,
    /// Each commit is with the kernel: survives the process being killed. After a loss of power the
    /// last seconds may be missing; what is there is whole.
    #[default]
    Normal,
    /// As `Normal` for a killed process; a loss of power may leave a file that cannot be read.
    Off,
}

/// State machines, executions, histories and journals; used from any thread.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    writer: Mutex<Connection>,
    /// Connections that read and have nothing to do; none for a store in memory, which has only one.
    readers: Option<Mutex<Vec<Connection>>>,
    _lock: Option<Lock>,
}

impl Store {
    /// Opens the store in a file, or makes it; folders on the way are made too. Only its owner may
    /// read a file that is made: it holds inputs and outputs.
    ///
    /// # Errors
    /// If another process has it open, it is no store or a newer one, or cannot be written.
    pub fn open(path: &Path, durability: Durability) -> Result<Self, Error> {
        let make = |source| Error::Make { path: path.to_path_buf(), source };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(make)?;
        }
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true).mode(0o600);
        drop(options.open(path).map_err(make)?);
        // By its real name, so that links to one file meet at one lock.
        let path = fs::canonicalize(path).map_err(make)?;
        let lock = Lock::take(&path)?;

        let doing = "open the store";
        let mut writer = connect(&path).map_err(|source| Error::of(&path, doing, source))?;
        schema::check(&writer, &path)?;
        set_up(&writer, durability)
            .and_then(|()| schema::make(&mut writer))
            .map_err(|source| Error::of(&path, doing, source))?;
        let readers = Some(Mutex::default());
        Ok(Self { path, writer: Mutex::new(writer), readers, _lock: Some(lock) })
    }

    /// A store that ends with the process. Its readers wait for writers.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn in_memory() -> Result<Self, Error> {
        let path = PathBuf::from(":memory:");
        let open = || {
            let mut connection = Connection::open_in_memory()?;
            connection.set_prepared_statement_cache_capacity(STATEMENTS);
            connection.pragma_update(None, "foreign_keys", true)?;
            schema::make(&mut connection)?;
            Ok(connection)
        };
        let writer = open().map_err(|source| Error::of(&path, "make the store", source))?;
        Ok(Self { path, writer: Mutex::new(writer), readers: None, _lock: None })
    }

    /// The file's name; `:memory:` if there is none.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// One transaction. What `work` says with [`Refusal`] ends it as [`Error::Refused`].
    pub(crate) fn write<T>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Refusal>,
    ) -> Result<T, Error> {
        let mut writer = lock(&self.writer);
        let all = || {
            let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let made = work(&transaction)?;
            transaction.commit()?;
            Ok(made)
        };
        all().map_err(|refusal| match refusal {
            Refusal::Sqlite(source) => Error::of(&self.path, doing, source),
            Refusal::Words(what) => Error::Refused { path: self.path.clone(), doing, what },
        })
    }

    /// Queries, which see what was committed before.
    pub(crate) fn read<T>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        let failed = |source| Error::of(&self.path, doing, source);
        let Some(readers) = &self.readers else {
            return work(&lock(&self.writer)).map_err(failed);
        };
        let idle = lock(readers).pop();
        let reader = match idle {
            Some(reader) => reader,
            None => self.reader().map_err(failed)?,
        };
        let found = work(&reader).map_err(failed);
        let mut idle = lock(readers);
        if idle.len() < IDLE_READERS {
            idle.push(reader);
        }
        found
    }

    fn reader(&self) -> rusqlite::Result<Connection> {
        let reader = connect(&self.path)?;
        reader.pragma_update(None, "query_only", true)?;
        Ok(reader)
    }
}

/// Why a transaction is not made.
#[derive(Debug)]
pub(crate) enum Refusal {
    Sqlite(rusqlite::Error),
    /// What is wrong with what was asked for.
    Words(String),
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

fn set_up(writer: &Connection, durability: Durability) -> rusqlite::Result<()> {
    let synchronous = match durability {
        Durability::Full => "FULL",
        Durability::Normal => "NORMAL",
        Durability::Off => "OFF",
    };
    writer.pragma_update(None, "synchronous", synchronous)?;
    writer.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    writer.pragma_update_and_check(None, "wal_autocheckpoint", CHECKPOINT_PAGES, |_| Ok(()))?;
    writer.pragma_update_and_check(None, "journal_size_limit", LOG_BYTES, |_| Ok(()))?;
    writer.pragma_update(None, "foreign_keys", true)
}

/// A thread that panicked has left its transaction undone, so the connection is as good as ever.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Durability, Store, lock};
    use crate::{Change, Created, Kind, NewMachine, Settings, Started};

    #[test]
    fn a_full_disk_is_told_and_leaves_what_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store.db"), Durability::Normal).unwrap();
        let machine = NewMachine {
            arn: "machine".to_owned(),
            name: "M".to_owned(),
            kind: Kind::Standard,
            settings: Settings::default(),
            revision_id: "first".to_owned(),
            created: 1,
            tags: Vec::new(),
        };
        let Created::New(machine) = store.create_machine(&machine).unwrap() else { panic!() };
        let start = |name: &str, length| {
            Change::Started(Box::new(Started {
                arn: Arc::from(name),
                revision: machine.revision.key,
                name: name.to_owned(),
                at: 1,
                version_arn: None,
                alias_arn: None,
                trace_header: None,
                parent: None,
                input: "x".repeat(length),
                bytes: Vec::new(),
            }))
        };
        {
            let writer = lock(&store.writer);
            let pages: i64 = writer.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
            writer.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
        }
        let error = store.commit(&[start("small", 1), start("large", 1 << 20)]).unwrap_err();
        let expected = format!(
            "{}: cannot write what executions do: the disk is full, or a quota is used up",
            store.path().display()
        );
        assert_eq!(error.to_string(), expected);
        assert_eq!(store.execution("small").unwrap(), None);
        store.commit(&[start("small", 1)]).unwrap();
    }
}
