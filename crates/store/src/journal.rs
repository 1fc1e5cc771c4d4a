//! What an engine needs to have an execution as it was: its start, and what it was told, or a snapshot.

use crate::{EntryKind, Error, Store, executions};

/// A part of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: EntryKind,
    /// Bytes of the caller's.
    pub bytes: Vec<u8>,
}

impl Store {
    /// The journal of an execution, in the order in which it was written. One that succeeded has none.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn journal(&self, execution: &str) -> Result<Vec<Entry>, Error> {
        self.read("read a journal", |db| {
            let Some(id) = executions::id(db, execution)? else { return Ok(Vec::new()) };
            let sql = "SELECT kind, entry FROM journal WHERE execution = ?1 ORDER BY id";
            let mut query = db.prepare_cached(sql)?;
            let rows =
                query.query_map([id], |row| Ok(Entry { kind: row.get(0)?, bytes: row.get(1)? }))?;
            rows.collect()
        })
    }
}
