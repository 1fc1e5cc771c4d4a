//! What is old goes: executions, journals of those that cannot be redriven any more, and revisions that
//! nothing is of.

use rusqlite::{Connection, params};

use crate::{Error, Millis, Store};

/// What is old. AWS keeps executions for 90 days after their end and lets them be redriven for 14
/// (Step Functions developer guide, "Redriving state machine executions").
#[derive(Debug, Clone, Copy)]
pub struct Expiry {
    /// Executions that ended before go.
    pub executions_before: Millis,
    /// Journals of executions that ended before go.
    pub journals_before: Millis,
    /// Revisions from before go, if nothing is of them. Not those of a moment ago: an execution may just begin.
    pub revisions_before: Millis,
    /// How many executions and how many journals go at most: others wait meanwhile.
    pub limit: usize,
}

/// What went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Expired {
    /// Executions, with their histories and map runs.
    pub executions: usize,
    /// Journals.
    pub journals: usize,
    /// Revisions of machines.
    pub revisions: usize,
}

/// With their children: those are of the execution of their map run.
const OLD_EXECUTIONS: &str = "SELECT id FROM executions
    WHERE stopped < ?1 AND map_run IS NULL ORDER BY stopped LIMIT ?2";

const OLD_JOURNALS: &str = "SELECT id FROM executions e WHERE stopped < ?1
    AND status <> 'SUCCEEDED' AND EXISTS (SELECT 1 FROM journal j WHERE j.execution = e.id)
    ORDER BY stopped LIMIT ?2";

impl Store {
    /// Removes what is old. The space in the file is used again.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn expire(&self, expiry: Expiry) -> Result<Expired, Error> {
        let Expiry { executions_before, journals_before, revisions_before, limit } = expiry;
        let executions = self.old(OLD_EXECUTIONS, executions_before, limit)?;
        let journals = self.old(OLD_JOURNALS, journals_before, limit)?;
        self.write("remove what is old", |db| {
            // One may have been redriven since it was looked for.
            let children = "DELETE FROM executions WHERE map_run IN (SELECT r.id FROM map_runs r
                JOIN executions e ON e.id = r.execution WHERE e.id = ?1 AND e.stopped < ?2)";
            let mut children = db.prepare_cached(children)?;
            let one = "DELETE FROM executions WHERE id = ?1 AND stopped < ?2";
            let mut one = db.prepare_cached(one)?;
            let mut gone = Expired::default();
            for id in &executions {
                children.execute([*id, executions_before])?;
                gone.executions += one.execute([*id, executions_before])?;
            }
            let journal = "DELETE FROM journal WHERE execution = ?1
                AND EXISTS (SELECT 1 FROM executions WHERE id = ?1 AND stopped < ?2)";
            let mut journal = db.prepare_cached(journal)?;
            for id in &journals {
                gone.journals += usize::from(journal.execute([*id, journals_before])? > 0);
            }
            gone.revisions = remove_revisions(db, revisions_before)?;
            Ok(gone)
        })
    }

    /// Keys of executions that ended before a time.
    fn old(&self, sql: &str, before: Millis, limit: usize) -> Result<Vec<i64>, Error> {
        self.read("look for what is old", |db| {
            let mut query = db.prepare_cached(sql)?;
            query.query_map(params![before, limit], |row| row.get(0))?.collect()
        })
    }
}

/// And machines that are gone, with the last revision of theirs.
fn remove_revisions(db: &Connection, before: Millis) -> rusqlite::Result<usize> {
    let gone = db.execute(
        "DELETE FROM revisions WHERE created < ?1
            AND id NOT IN (SELECT revision FROM machines WHERE status <> 'DELETED')
            AND id NOT IN (SELECT revision FROM versions)
            AND id NOT IN (SELECT revision FROM executions)",
        [before],
    )?;
    db.execute(
        "DELETE FROM machines WHERE status = 'DELETED'
            AND id NOT IN (SELECT machine FROM executions)
            AND id NOT IN (SELECT machine FROM revisions)",
        [],
    )?;
    Ok(gone)
}
