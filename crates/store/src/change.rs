//! What happens to executions, written down: lists of changes, each list whole or not at all.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, named_params, params};

use crate::connection::Refusal;
use crate::{EntryKind, Error, MapRun, Millis, Status, Store, executions, machines, map_runs};

/// How long the name of an execution is taken after its end: 90 days (Step Functions API reference,
/// `StartExecution`, `name`).
pub const NAME_TAKEN: Millis = 90 * 24 * 60 * 60 * 1_000;

/// Something that happened to an execution. Executions are named by their ARNs.
#[derive(Debug, Clone)]
pub enum Change {
    /// One began.
    Started(Box<Started>),
    /// Its engine was told something.
    Told {
        /// Which one.
        execution: Arc<str>,
        /// What it was told: bytes of the caller's.
        bytes: Vec<u8>,
    },
    /// What takes the place of all that its engine was told.
    Snapshot {
        /// Which one.
        execution: Arc<str>,
        /// Bytes of the caller's.
        bytes: Vec<u8>,
    },
    /// Events came into its history.
    Recorded {
        /// Which one.
        execution: Arc<str>,
        /// The id of the first one: one more than the last one before.
        first: u64,
        /// The id of the last one.
        last: u64,
        /// A JSON array of them.
        events: String,
    },
    /// It is over. The journal of one that succeeded goes; others may be redriven.
    Ended(Box<Ended>),
    /// It goes on after its end.
    Redriven {
        /// Which one.
        execution: Arc<str>,
        /// When.
        at: Millis,
        /// For its journal: bytes of the caller's.
        bytes: Vec<u8>,
    },
    /// A map run began, or is otherwise than before.
    MapRun(Box<MapRun>),
    /// A child of a map run began, or is otherwise than before.
    Child(Box<Child>),
}

/// An execution that begins.
#[derive(Debug, Clone)]
pub struct Started {
    /// Its ARN.
    pub arn: Arc<str>,
    /// Its state machine, as [`Revision::key`](crate::Revision::key) names it.
    pub revision: i64,
    /// Its name.
    pub name: String,
    /// When.
    pub at: Millis,
    /// The version that was named, or that the alias has led to.
    pub version_arn: Option<String>,
    /// The alias that was named.
    pub alias_arn: Option<String>,
    /// For X-Ray.
    pub trace_header: Option<String>,
    /// Who waits for it: bytes of the caller's.
    pub parent: Option<Vec<u8>>,
    /// JSON.
    pub input: String,
    /// The first entry of its journal.
    pub bytes: Vec<u8>,
}

/// An execution that is over.
#[derive(Debug, Clone)]
pub struct Ended {
    /// Its ARN.
    pub arn: Arc<str>,
    /// How it ended.
    pub status: Status,
    /// When.
    pub at: Millis,
    /// JSON, if it succeeded.
    pub output: Option<String>,
    /// If it did not.
    pub error: Option<String>,
    /// If it did not.
    pub cause: Option<String>,
}

/// A child of a map run. It has no journal: its parent's engine is its own.
#[derive(Debug, Clone)]
pub struct Child {
    /// Its ARN.
    pub arn: String,
    /// The map run.
    pub map_run_arn: Arc<str>,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub status: Status,
    /// When it began.
    pub started: Millis,
    /// When it ended, if it has.
    pub stopped: Option<Millis>,
    /// How often it was redriven.
    pub redrive_count: u32,
    /// When it was last.
    pub redriven: Option<Millis>,
    /// Its items, if the Map makes batches.
    pub item_count: Option<u32>,
    /// JSON.
    pub input: String,
    /// JSON, if it succeeded.
    pub output: Option<String>,
    /// If it did not.
    pub error: Option<String>,
    /// If it did not.
    pub cause: Option<String>,
}

impl Store {
    /// Writes changes, in their order, in one transaction: after a crash all of them are there, or none.
    ///
    /// # Errors
    /// If the file cannot be written; or if one is of something that is not there, or begins what is:
    /// then nothing is written.
    pub fn commit(&self, changes: &[Change]) -> Result<(), Error> {
        if changes.is_empty() {
            return Ok(());
        }
        self.write("write what executions do", |db| {
            let mut writing = Writing { db, last: None };
            changes.iter().try_for_each(|change| writing.write(change))
        })
    }
}

struct Writing<'a> {
    db: &'a Connection,
    /// The execution of the last change and its key: the next one is often of the same.
    last: Option<(Arc<str>, i64)>,
}

impl Writing<'_> {
    fn write(&mut self, change: &Change) -> Result<(), Refusal> {
        match change {
            Change::Started(started) => self.start(started),
            Change::Told { execution, bytes } => {
                let id = self.key(execution)?;
                self.enter(id, EntryKind::Told, bytes)
            }
            Change::Snapshot { execution, bytes } => {
                let id = self.key(execution)?;
                let sql = "DELETE FROM journal WHERE execution = ?1 AND kind <> ?2";
                self.db.prepare_cached(sql)?.execute(params![id, EntryKind::Start])?;
                self.enter(id, EntryKind::Snapshot, bytes)
            }
            Change::Recorded { execution, first, last, events } => {
                let id = self.key(execution)?;
                let sql =
                    "INSERT INTO history (execution, first, last, events) VALUES (?1, ?2, ?3, ?4)";
                self.db.prepare_cached(sql)?.execute(params![id, first, last, events])?;
                Ok(())
            }
            Change::Ended(ended) => self.end(ended),
            Change::Redriven { execution, at, bytes } => {
                let id = self.key(execution)?;
                let sql = "UPDATE executions SET status = 'RUNNING', stopped = NULL, output = NULL,
                    error = NULL, cause = NULL, redriven = ?2, redrive_count = redrive_count + 1
                    WHERE id = ?1";
                self.db.prepare_cached(sql)?.execute(params![id, at])?;
                self.enter(id, EntryKind::Redriven, bytes)
            }
            Change::MapRun(run) => map_runs::put(self.db, run),
            Change::Child(child) => self.child(child),
        }
    }

    fn key(&mut self, arn: &Arc<str>) -> Result<i64, Refusal> {
        if let Some((last, id)) = &self.last
            && (Arc::ptr_eq(last, arn) || last == arn)
        {
            return Ok(*id);
        }
        let missing = || Refusal::Words(format!("there is no execution {arn}"));
        let id = executions::id(self.db, arn)?.ok_or_else(missing)?;
        self.last = Some((arn.clone(), id));
        Ok(id)
    }

    fn enter(&self, id: i64, kind: EntryKind, bytes: &[u8]) -> Result<(), Refusal> {
        let sql = "INSERT INTO journal (execution, kind, entry) VALUES (?1, ?2, ?3)";
        self.db.prepare_cached(sql)?.execute(params![id, kind, bytes])?;
        Ok(())
    }

    fn start(&mut self, started: &Started) -> Result<(), Refusal> {
        let Started { arn, .. } = started;
        let sql = "SELECT id, stopped FROM executions WHERE arn = ?1";
        let before: Option<(i64, Option<Millis>)> = self
            .db
            .prepare_cached(sql)?
            .query_row([arn], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        match before {
            Some((id, Some(stopped))) if started.at.saturating_sub(stopped) > NAME_TAKEN => {
                self.db.prepare_cached("DELETE FROM executions WHERE id = ?1")?.execute([id])?;
            }
            Some(_) => return Err(Refusal::Words(format!("{arn} was started before"))),
            None => {}
        }
        let sql = "INSERT INTO executions (arn, machine, revision, name, status, started,
                version_arn, alias_arn, trace_header, parent, input)
            SELECT :arn, machine, id, :name, 'RUNNING', :at, :version_arn, :alias_arn,
                :trace_header, :parent, :input
            FROM revisions WHERE id = :revision";
        let written = self.db.prepare_cached(sql)?.execute(named_params! {
            ":arn": arn,
            ":revision": started.revision,
            ":name": started.name,
            ":at": started.at,
            ":version_arn": started.version_arn,
            ":alias_arn": started.alias_arn,
            ":trace_header": started.trace_header,
            ":parent": started.parent,
            ":input": started.input,
        })?;
        if written == 0 {
            let revision = started.revision;
            let what = format!("there is no revision {revision} of a machine, for {arn}");
            return Err(Refusal::Words(what));
        }
        let id = self.db.last_insert_rowid();
        self.last = Some((arn.clone(), id));
        self.enter(id, EntryKind::Start, &started.bytes)
    }

    fn end(&mut self, ended: &Ended) -> Result<(), Refusal> {
        let Ended { arn, status, at, output, error, cause } = ended;
        let id = self.key(arn)?;
        let sql = "UPDATE executions SET status = ?2, stopped = ?3, output = ?4, error = ?5,
            cause = ?6 WHERE id = ?1 RETURNING machine";
        let machine = self
            .db
            .prepare_cached(sql)?
            .query_row(params![id, status, at, output, error, cause], |row| row.get(0))?;
        if *status == Status::Succeeded {
            self.db.prepare_cached("DELETE FROM journal WHERE execution = ?1")?.execute([id])?;
        }
        Ok(machines::end_deleted(self.db, machine)?)
    }

    fn child(&self, child: &Child) -> Result<(), Refusal> {
        let sql = "INSERT INTO executions (arn, machine, revision, map_run, name, status, started,
                stopped, redrive_count, redriven, item_count, input, output, error, cause)
            SELECT :arn, e.machine, e.revision, r.id, :name, :status, :started,
                :stopped, :redrive_count, :redriven, :item_count, :input, :output, :error, :cause
            FROM map_runs r JOIN executions e ON e.id = r.execution WHERE r.arn = :map_run
            ON CONFLICT (arn) DO UPDATE SET status = excluded.status, stopped = excluded.stopped,
                redrive_count = excluded.redrive_count, redriven = excluded.redriven,
                output = excluded.output, error = excluded.error, cause = excluded.cause";
        let written = self.db.prepare_cached(sql)?.execute(named_params! {
            ":arn": child.arn,
            ":map_run": child.map_run_arn,
            ":name": child.name,
            ":status": child.status,
            ":started": child.started,
            ":stopped": child.stopped,
            ":redrive_count": child.redrive_count,
            ":redriven": child.redriven,
            ":item_count": child.item_count,
            ":input": child.input,
            ":output": child.output,
            ":error": child.error,
            ":cause": child.cause,
        })?;
        match written {
            0 => Err(Refusal::Words(format!("there is no map run {}", child.map_run_arn))),
            _ => Ok(()),
        }
    }
}
