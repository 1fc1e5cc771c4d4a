//! Map runs: what distributed Maps of an execution are doing.

use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use crate::connection::Refusal;
use crate::page::one_more;
use crate::{Error, Millis, Page, Status, Store, executions};

/// A map run.
#[derive(Debug, Clone, PartialEq)]
pub struct MapRun {
    /// Its ARN.
    pub arn: String,
    /// The execution that it is part of.
    pub execution_arn: String,
    /// Where it is.
    pub status: Status,
    /// When it began.
    pub started: Millis,
    /// When it ended, if it has.
    pub stopped: Option<Millis>,
    /// How many children run at a time; 0 is as many as can.
    pub max_concurrency: u64,
    /// How many items may fail.
    pub tolerated_count: u64,
    /// What part of the items may fail, in percent.
    pub tolerated_percentage: f64,
    /// How often it was redriven.
    pub redrive_count: u32,
    /// When it was last.
    pub redriven: Option<Millis>,
    /// Items and children by what became of them: JSON of the caller's.
    pub counts: String,
}

const MAP_RUN: &str =
    "SELECT r.id, r.arn, e.arn, r.status, r.started, r.stopped, r.max_concurrency,
    r.tolerated_count, r.tolerated_percentage, r.redrive_count, r.redriven, r.counts
    FROM map_runs r JOIN executions e ON e.id = r.execution";

impl Store {
    /// The map run of an ARN.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn map_run(&self, arn: &str) -> Result<Option<MapRun>, Error> {
        self.read("read a map run", |db| {
            let sql = format!("{MAP_RUN} WHERE r.arn = ?1");
            db.prepare_cached(&sql)?.query_row([arn], map_run).optional()
        })
    }

    /// The map runs of an execution, those last begun first.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn map_runs(
        &self,
        execution: &str,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Page<MapRun>, Error> {
        self.read("list map runs", |db| {
            let id = executions::id(db, execution)?.unwrap_or(0);
            let sql = format!(
                "{MAP_RUN} WHERE r.execution = ?1 AND r.id < ?2 ORDER BY r.id DESC LIMIT ?3"
            );
            let mut query = db.prepare_cached(&sql)?;
            let from = after.unwrap_or(i64::MAX);
            let rows = query.query_map(params![id, from, one_more(limit)], |row| {
                Ok((row.get(0)?, map_run(row)?))
            })?;
            Ok(Page::new(rows.collect::<Result<_, _>>()?, limit))
        })
    }
}

/// Writes a map run, or what it is now.
pub(crate) fn put(db: &Connection, run: &MapRun) -> Result<(), Refusal> {
    let sql = "INSERT INTO map_runs (arn, execution, status, started, stopped, max_concurrency,
            tolerated_count, tolerated_percentage, redrive_count, redriven, counts)
        SELECT :arn, id, :status, :started, :stopped, :max_concurrency, :tolerated_count,
            :tolerated_percentage, :redrive_count, :redriven, :counts
        FROM executions WHERE arn = :execution
        ON CONFLICT (arn) DO UPDATE SET status = excluded.status, stopped = excluded.stopped,
            max_concurrency = excluded.max_concurrency, tolerated_count = excluded.tolerated_count,
            tolerated_percentage = excluded.tolerated_percentage,
            redrive_count = excluded.redrive_count, redriven = excluded.redriven,
            counts = excluded.counts";
    let written = db.prepare_cached(sql)?.execute(named_params! {
        ":arn": run.arn,
        ":execution": run.execution_arn,
        ":status": run.status,
        ":started": run.started,
        ":stopped": run.stopped,
        ":max_concurrency": run.max_concurrency,
        ":tolerated_count": run.tolerated_count,
        ":tolerated_percentage": run.tolerated_percentage,
        ":redrive_count": run.redrive_count,
        ":redriven": run.redriven,
        ":counts": run.counts,
    })?;
    match written {
        0 => Err(Refusal::Words(format!("there is no execution {}", run.execution_arn))),
        _ => Ok(()),
    }
}

fn map_run(row: &Row<'_>) -> rusqlite::Result<MapRun> {
    Ok(MapRun {
        arn: row.get(1)?,
        execution_arn: row.get(2)?,
        status: row.get(3)?,
        started: row.get(4)?,
        stopped: row.get(5)?,
        max_concurrency: row.get(6)?,
        tolerated_count: row.get(7)?,
        tolerated_percentage: row.get(8)?,
        redrive_count: row.get(9)?,
        redriven: row.get(10)?,
        counts: row.get(11)?,
    })
}
