//! Histories: chunks of events, as they were recorded.

use rusqlite::params;

use crate::{Error, Store, executions};

/// Events that were recorded together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The id of the first one.
    pub first: u64,
    /// The id of the last one.
    pub last: u64,
    /// A JSON array of them, as `GetExecutionHistory` shows them.
    pub events: String,
}

impl Store {
    /// The chunks that hold the next `limit` events of an execution, from the event `from` on: forwards,
    /// or with `reverse` backwards, the last chunk first. Chunks are whole: the first one may begin before `from`,
    /// and the last one end behind the last event that was asked for.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn history(
        &self,
        execution: &str,
        from: u64,
        limit: usize,
        reverse: bool,
    ) -> Result<Vec<Chunk>, Error> {
        let sql = match reverse {
            // Chunks do not overlap, so they have one order by their first and their last event.
            false => {
                "SELECT first, last, events FROM history WHERE execution = ?1 AND last >= ?2
                ORDER BY last"
            }
            true => {
                "SELECT first, last, events FROM history WHERE execution = ?1 AND first <= ?2
                ORDER BY last DESC"
            }
        };
        let from = i64::try_from(from).unwrap_or(i64::MAX);
        self.read("read a history", |db| {
            let Some(id) = executions::id(db, execution)? else { return Ok(Vec::new()) };
            let mut query = db.prepare_cached(sql)?;
            let mut rows = query.query(params![id, from])?;
            let (mut chunks, mut events) = (Vec::new(), 0);
            while events < limit as u64 {
                let Some(row) = rows.next()? else { break };
                let chunk = Chunk { first: row.get(0)?, last: row.get(1)?, events: row.get(2)? };
                let asked = i64::try_from(chunk.first).unwrap_or(i64::MAX);
                // What lies outside of what was asked for does not count.
                events += match reverse {
                    false => (chunk.last + 1).saturating_sub(asked.max(from).unsigned_abs()),
                    true => (chunk.last.min(from.unsigned_abs()) + 1).saturating_sub(chunk.first),
                };
                chunks.push(chunk);
            }
            Ok(chunks)
        })
    }

    /// The id of the last event of an execution that was recorded; 0 if none was.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn last_event(&self, execution: &str) -> Result<u64, Error> {
        self.read("read a history", |db| {
            let sql = "SELECT coalesce(max(last), 0) FROM history
                WHERE execution = (SELECT id FROM executions WHERE arn = ?1)";
            db.prepare_cached(sql)?.query_row([execution], |row| row.get(0))
        })
    }
}
