//! Versions of state machines: revisions with a number, which nothing changes.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::page::one_more;
use crate::{Error, Millis, Page, Store, machines};

/// A published revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Of which state machine.
    pub machine_arn: String,
    /// From 1; never used again.
    pub number: i64,
    /// What it is, for [`Store::revision`].
    pub revision: i64,
    /// As callers name that.
    pub revision_id: String,
    /// When it was published.
    pub created: Millis,
    /// What it says about itself.
    pub description: Option<String>,
}

impl Version {
    /// Its ARN.
    #[must_use]
    pub fn arn(&self) -> String {
        format!("{}:{}", self.machine_arn, self.number)
    }
}

/// What became of a version to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    /// It is there now.
    New(Version),
    /// The machine's revision had been published; nothing was changed.
    Existing(Version),
    /// The machine has another revision than the one that was expected.
    Stale {
        /// That.
        revision_id: String,
    },
    /// There is no such machine.
    NoMachine,
}

/// What became of a version to be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removed {
    /// It is gone.
    Done,
    /// It was not there.
    Absent,
    /// Aliases lead to it.
    Used {
        /// Their names.
        aliases: Vec<String>,
    },
}

const VERSION: &str = "SELECT m.arn, v.number, v.revision, r.revision_id, v.created, v.description
    FROM versions v JOIN machines m ON m.id = v.machine JOIN revisions r ON r.id = v.revision";

impl Store {
    /// Publishes what a machine is as a version, unless it was: see [`Published`].
    /// With `revision_id`, only if that is the machine's revision.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn publish_version(
        &self,
        machine_arn: &str,
        revision_id: Option<&str>,
        description: Option<&str>,
        now: Millis,
    ) -> Result<Published, Error> {
        self.write("publish a version", |db| {
            let Some((id, machine)) = machines::find(db, machine_arn)? else {
                return Ok(Published::NoMachine);
            };
            let current = machine.revision;
            if revision_id.is_some_and(|expected| expected != current.revision_id) {
                return Ok(Published::Stale { revision_id: current.revision_id });
            }
            if let Some(version) = of_revision(db, id, current.key)? {
                return Ok(Published::Existing(version));
            }
            let number = db
                .prepare_cached(
                    "UPDATE machines SET last_version = last_version + 1 WHERE id = ?1 RETURNING last_version",
                )?
                .query_row([id], |row| row.get(0))?;
            let (key, revision_id) = (current.key, current.revision_id);
            let version = Version {
                machine_arn: machine.arn,
                number,
                revision: key,
                revision_id,
                created: now,
                description: description.map(str::to_owned),
            };
            insert(db, id, &version)?;
            Ok(Published::New(version))
        })
    }

    /// A version by its number.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn version(&self, machine_arn: &str, number: i64) -> Result<Option<Version>, Error> {
        self.read("read a version", |db| {
            let Some(id) = machines::id(db, machine_arn)? else { return Ok(None) };
            let sql = format!("{VERSION} WHERE v.machine = ?1 AND v.number = ?2");
            db.prepare_cached(&sql)?.query_row([id, number], version).optional()
        })
    }

    /// Versions of a state machine, the newest first.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn versions(
        &self,
        machine_arn: &str,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Page<Version>, Error> {
        self.read("list versions", |db| {
            let id = machines::id(db, machine_arn)?.unwrap_or(0);
            let sql = format!(
                "{VERSION} WHERE v.machine = ?1 AND v.number < ?2 ORDER BY v.number DESC LIMIT ?3"
            );
            let mut query = db.prepare_cached(&sql)?;
            let from = after.unwrap_or(i64::MAX);
            let rows = query.query_map(params![id, from, one_more(limit)], |row| {
                Ok((row.get(1)?, version(row)?))
            })?;
            Ok(Page::new(rows.collect::<Result<_, _>>()?, limit))
        })
    }

    /// Deletes a version that no alias leads to.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn delete_version(&self, machine_arn: &str, number: i64) -> Result<Removed, Error> {
        self.write("delete a version", |db| {
            let id = machines::id(db, machine_arn)?.unwrap_or(0);
            let sql = "SELECT DISTINCT a.name FROM aliases a JOIN routes r ON r.alias = a.id
                WHERE a.machine = ?1 AND r.version = ?2 ORDER BY a.name";
            let mut query = db.prepare_cached(sql)?;
            let aliases: Vec<String> =
                query.query_map([id, number], |row| row.get(0))?.collect::<Result<_, _>>()?;
            if !aliases.is_empty() {
                return Ok(Removed::Used { aliases });
            }
            let sql = "DELETE FROM versions WHERE machine = ?1 AND number = ?2";
            let gone = db.prepare_cached(sql)?.execute([id, number])?;
            let arn = format!("{machine_arn}:{number}");
            db.prepare_cached("DELETE FROM tags WHERE resource = ?1")?.execute([arn])?;
            Ok(if gone == 0 { Removed::Absent } else { Removed::Done })
        })
    }
}

fn of_revision(db: &Connection, machine: i64, revision: i64) -> rusqlite::Result<Option<Version>> {
    let sql = format!("{VERSION} WHERE v.machine = ?1 AND v.revision = ?2");
    db.prepare_cached(&sql)?.query_row([machine, revision], version).optional()
}

fn insert(db: &Connection, machine: i64, version: &Version) -> rusqlite::Result<()> {
    let sql = "INSERT INTO versions (machine, number, revision, created, description)
        VALUES (?1, ?2, ?3, ?4, ?5)";
    let Version { number, revision, created, description, .. } = version;
    db.prepare_cached(sql)?
        .execute(params![machine, number, revision, created, description])
        .map(drop)
}

fn version(row: &Row<'_>) -> rusqlite::Result<Version> {
    Ok(Version {
        machine_arn: row.get(0)?,
        number: row.get(1)?,
        revision: row.get(2)?,
        revision_id: row.get(3)?,
        created: row.get(4)?,
        description: row.get(5)?,
    })
}
