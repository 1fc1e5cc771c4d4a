//! The tables, and whether a file has them.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::Error;

/// Of the tables below. A change of them is a new number, and a step that leads from the one before.
const VERSION: i64 = 1;

/// `Faas`, in the place where a SQLite file says whose it is.
const APPLICATION: i64 = 0x4661_6173;

/// Long texts stand last in their tables, so that lists are read without them. Numbers of executions
/// and machines are never used again (`AUTOINCREMENT`): pages go on after them.
const TABLES: &str = "
CREATE TABLE machines (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    arn TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 0,
    last_version INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX machines_arn ON machines (arn) WHERE status <> 'DELETED';

CREATE TABLE revisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    machine INTEGER NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
    revision_id TEXT NOT NULL,
    created INTEGER NOT NULL,
    role_arn TEXT NOT NULL,
    logging TEXT,
    tracing TEXT,
    encryption TEXT,
    definition TEXT NOT NULL
);
CREATE INDEX revisions_machine ON revisions (machine);

CREATE TABLE versions (
    machine INTEGER NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    created INTEGER NOT NULL,
    description TEXT,
    PRIMARY KEY (machine, number)
) WITHOUT ROWID;

CREATE TABLE aliases (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    machine INTEGER NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    description TEXT,
    UNIQUE (machine, name)
);
CREATE TABLE routes (
    alias INTEGER NOT NULL REFERENCES aliases (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    version INTEGER NOT NULL,
    weight INTEGER NOT NULL,
    PRIMARY KEY (alias, place)
) WITHOUT ROWID;

CREATE TABLE tags (
    id INTEGER PRIMARY KEY,
    resource TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (resource, key)
);

CREATE TABLE activities (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    arn TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    created INTEGER NOT NULL,
    encryption TEXT
);

CREATE TABLE executions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    arn TEXT NOT NULL UNIQUE,
    machine INTEGER NOT NULL REFERENCES machines (id),
    revision INTEGER NOT NULL,
    map_run INTEGER,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    started INTEGER NOT NULL,
    stopped INTEGER,
    redrive_count INTEGER NOT NULL DEFAULT 0,
    redriven INTEGER,
    item_count INTEGER,
    version_arn TEXT,
    alias_arn TEXT,
    trace_header TEXT,
    parent BLOB,
    input TEXT NOT NULL,
    output TEXT,
    error TEXT,
    cause TEXT
);
CREATE INDEX executions_machine ON executions (machine, id) WHERE map_run IS NULL;
CREATE INDEX executions_status ON executions (machine, status, id) WHERE map_run IS NULL;
CREATE INDEX executions_map_run ON executions (map_run, id) WHERE map_run IS NOT NULL;
CREATE INDEX executions_open ON executions (id) WHERE status = 'RUNNING' AND map_run IS NULL;
CREATE INDEX executions_stopped ON executions (stopped) WHERE stopped IS NOT NULL;

CREATE TABLE history (
    id INTEGER PRIMARY KEY,
    execution INTEGER NOT NULL REFERENCES executions (id) ON DELETE CASCADE,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    events TEXT NOT NULL
);
CREATE INDEX history_execution ON history (execution, last);

CREATE TABLE journal (
    id INTEGER PRIMARY KEY,
    execution INTEGER NOT NULL REFERENCES executions (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    entry BLOB NOT NULL
);
CREATE INDEX journal_execution ON journal (execution, id);

CREATE TABLE map_runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    arn TEXT NOT NULL UNIQUE,
    execution INTEGER NOT NULL REFERENCES executions (id) ON DELETE CASCADE,
    status TEXT NOT NULL,
    started INTEGER NOT NULL,
    stopped INTEGER,
    max_concurrency INTEGER NOT NULL,
    tolerated_count INTEGER NOT NULL,
    tolerated_percentage REAL NOT NULL,
    redrive_count INTEGER NOT NULL DEFAULT 0,
    redriven INTEGER,
    counts TEXT NOT NULL
);
CREATE INDEX map_runs_execution ON map_runs (execution, id);
";

/// Refuses what is not ours, before anything in it is changed.
pub(crate) fn check(connection: &Connection, path: &Path) -> Result<(), Error> {
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let look = || {
        let tables = number("SELECT count(*) FROM sqlite_master")?;
        Ok((tables, number("PRAGMA application_id")?, number("PRAGMA user_version")?))
    };
    let (tables, application, version) =
        look().map_err(|source| Error::of(path, "read the store", source))?;
    match (tables, application, version) {
        (0, 0, 0) => Ok(()),
        (_, APPLICATION, found) if found > VERSION => {
            Err(Error::Newer { path: path.to_path_buf(), found, known: VERSION })
        }
        (_, APPLICATION, VERSION) => Ok(()),
        _ => Err(Error::Foreign { path: path.to_path_buf() }),
    }
}

/// Makes the tables where there are none.
pub(crate) fn make(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version == 0 {
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()
}
