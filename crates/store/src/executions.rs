//! Executions: one by its ARN, lists of them, and those that a server goes on with.
//!
//! The ARN of a Standard execution holds its machine and its name, so it is what makes names unique.

use std::fmt::Write;

use rusqlite::types::ToSql;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::page::one_more;
use crate::{Error, Millis, Page, Status, Store, machines};

/// All that is known of an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// Its ARN.
    pub arn: String,
    /// Its state machine.
    pub machine_arn: String,
    /// What that was when it started, for [`Store::revision`].
    pub revision: i64,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub status: Status,
    /// When it was started.
    pub started: Millis,
    /// When it ended, if it has.
    pub stopped: Option<Millis>,
    /// How often it was redriven.
    pub redrive_count: u32,
    /// When it was last.
    pub redriven: Option<Millis>,
    /// Of a child of a map run, its items.
    pub item_count: Option<u32>,
    /// The version that was named, or that the alias has led to.
    pub version_arn: Option<String>,
    /// The alias that was named.
    pub alias_arn: Option<String>,
    /// For X-Ray.
    pub trace_header: Option<String>,
    /// The map run whose child it is.
    pub map_run_arn: Option<String>,
    /// Who waits for it: bytes of the caller's.
    pub parent: Option<Vec<u8>>,
    /// JSON.
    pub input: String,
    /// JSON, if it succeeded.
    pub output: Option<String>,
    /// Of one that did not succeed.
    pub error: Option<String>,
    /// Of one that did not succeed.
    pub cause: Option<String>,
}

/// An execution in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Its ARN.
    pub arn: String,
    /// Its state machine.
    pub machine_arn: String,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub status: Status,
    /// When it was started.
    pub started: Millis,
    /// When it ended, if it has.
    pub stopped: Option<Millis>,
    /// How often it was redriven.
    pub redrive_count: u32,
    /// When it was last.
    pub redriven: Option<Millis>,
    /// Of a child of a map run, its items.
    pub item_count: Option<u32>,
    /// The version that was named, or that the alias has led to.
    pub version_arn: Option<String>,
    /// The alias that was named.
    pub alias_arn: Option<String>,
    /// The map run whose child it is.
    pub map_run_arn: Option<String>,
}

/// Whose executions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Executions<'a> {
    /// Of a state machine, by its ARN: those that were started, not the children of their map runs.
    Machine(&'a str),
    /// The children of a map run, by its ARN.
    MapRun(&'a str),
}

/// Which of them: all that is named holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Filter<'a> {
    /// Those that are there.
    pub status: Option<Status>,
    /// Those that were redriven, or were not.
    pub redriven: Option<bool>,
    /// Those of a version, by its ARN.
    pub version_arn: Option<&'a str>,
    /// Those of an alias, by its ARN.
    pub alias_arn: Option<&'a str>,
}

const EXECUTION: &str = "SELECT e.id, e.arn, m.arn, e.revision, e.name, e.status, e.started,
    e.stopped, e.redrive_count, e.redriven, e.item_count, e.version_arn, e.alias_arn,
    e.trace_header, r.arn, e.parent, e.input, e.output, e.error, e.cause
    FROM executions e JOIN machines m ON m.id = e.machine LEFT JOIN map_runs r ON r.id = e.map_run";

const SUMMARY: &str = "SELECT e.id, e.arn, m.arn, e.name, e.status, e.started, e.stopped,
    e.redrive_count, e.redriven, e.item_count, e.version_arn, e.alias_arn, r.arn
    FROM executions e JOIN machines m ON m.id = e.machine LEFT JOIN map_runs r ON r.id = e.map_run";

impl Store {
    /// The execution of an ARN; a child of a map run too.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn execution(&self, arn: &str) -> Result<Option<Execution>, Error> {
        self.read("read an execution", |db| {
            let sql = format!("{EXECUTION} WHERE e.arn = ?1");
            db.prepare_cached(&sql)?.query_row([arn], execution).optional()
        })
    }

    /// Executions, those last started first. An ARN that leads nowhere has none.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn executions(
        &self,
        of: Executions<'_>,
        filter: Filter<'_>,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Page<Summary>, Error> {
        self.read("list executions", |db| {
            let (column, owner) = match of {
                Executions::Machine(arn) => {
                    ("e.map_run IS NULL AND e.machine", machines::id(db, arn)?)
                }
                Executions::MapRun(arn) => ("e.map_run", map_run(db, arn)?),
            };
            let mut sql = format!("{SUMMARY} WHERE {column} = ?1 AND e.id < ?2");
            let (owner, from, rows) =
                (owner.unwrap_or(0), after.unwrap_or(i64::MAX), one_more(limit));
            let mut values: Vec<&dyn ToSql> = vec![&owner, &from];
            let Filter { status, redriven, version_arn, alias_arn } = &filter;
            for (column, value) in [
                ("e.status", status.as_ref().map(|value| value as &dyn ToSql)),
                ("e.redrive_count > 0", redriven.as_ref().map(|value| value as &dyn ToSql)),
                ("e.version_arn", version_arn.as_ref().map(|value| value as &dyn ToSql)),
                ("e.alias_arn", alias_arn.as_ref().map(|value| value as &dyn ToSql)),
            ] {
                if let Some(value) = value {
                    values.push(value);
                    let _ = write!(sql, " AND ({column}) = ?{}", values.len());
                }
            }
            values.push(&rows);
            let _ = write!(sql, " ORDER BY e.id DESC LIMIT ?{}", values.len());
            let mut query = db.prepare_cached(&sql)?;
            let rows = query.query_map(values.as_slice(), summary)?;
            Ok(Page::new(rows.collect::<Result<_, _>>()?, limit))
        })
    }

    /// Executions that run, in the order in which they were started, read one by one: for a server
    /// that goes on with them. Children of map runs are not among them.
    pub fn open_executions(&self) -> OpenExecutions<'_> {
        OpenExecutions { store: self, after: 0 }
    }

    /// How many executions run.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn count_open(&self) -> Result<u64, Error> {
        self.read("count executions", |db| {
            let sql =
                "SELECT count(*) FROM executions WHERE status = 'RUNNING' AND map_run IS NULL";
            db.prepare_cached(sql)?.query_row([], |row| row.get(0))
        })
    }
}

/// See [`Store::open_executions`]. The store may be written meanwhile.
#[derive(Debug)]
pub struct OpenExecutions<'a> {
    store: &'a Store,
    after: i64,
}

impl Iterator for OpenExecutions<'_> {
    type Item = Result<Execution, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let found = self.store.read("read an execution that runs", |db| {
            let sql = format!(
                "{EXECUTION} WHERE e.id > ?1 AND e.status = 'RUNNING' AND e.map_run IS NULL
                ORDER BY e.id LIMIT 1"
            );
            let mut query = db.prepare_cached(&sql)?;
            query.query_row([self.after], |row| Ok((row.get(0)?, execution(row)?))).optional()
        });
        match found {
            Ok(found) => found.map(|(id, execution)| {
                self.after = id;
                Ok(execution)
            }),
            Err(error) => {
                self.after = i64::MAX;
                Some(Err(error))
            }
        }
    }
}

/// The key of the execution of an ARN.
pub(crate) fn id(db: &Connection, arn: &str) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT id FROM executions WHERE arn = ?1";
    db.prepare_cached(sql)?.query_row(params![arn], |row| row.get(0)).optional()
}

/// The key of the map run of an ARN.
pub(crate) fn map_run(db: &Connection, arn: &str) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT id FROM map_runs WHERE arn = ?1";
    db.prepare_cached(sql)?.query_row(params![arn], |row| row.get(0)).optional()
}

fn execution(row: &Row<'_>) -> rusqlite::Result<Execution> {
    Ok(Execution {
        arn: row.get(1)?,
        machine_arn: row.get(2)?,
        revision: row.get(3)?,
        name: row.get(4)?,
        status: row.get(5)?,
        started: row.get(6)?,
        stopped: row.get(7)?,
        redrive_count: row.get(8)?,
        redriven: row.get(9)?,
        item_count: row.get(10)?,
        version_arn: row.get(11)?,
        alias_arn: row.get(12)?,
        trace_header: row.get(13)?,
        map_run_arn: row.get(14)?,
        parent: row.get(15)?,
        input: row.get(16)?,
        output: row.get(17)?,
        error: row.get(18)?,
        cause: row.get(19)?,
    })
}

fn summary(row: &Row<'_>) -> rusqlite::Result<(i64, Summary)> {
    let summary = Summary {
        arn: row.get(1)?,
        machine_arn: row.get(2)?,
        name: row.get(3)?,
        status: row.get(4)?,
        started: row.get(5)?,
        stopped: row.get(6)?,
        redrive_count: row.get(7)?,
        redriven: row.get(8)?,
        item_count: row.get(9)?,
        version_arn: row.get(10)?,
        alias_arn: row.get(11)?,
        map_run_arn: row.get(12)?,
    };
    Ok((row.get(0)?, summary))
}
