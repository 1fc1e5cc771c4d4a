//! State machines, and their revisions: what a machine was at a time. A revision stays as long as an
//! execution or a version is of it.

use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use crate::connection::Refusal;
use crate::page::one_more;
use crate::{Error, Kind, MachineStatus, Millis, Page, Store, Tag, tags};

/// What of a state machine may be changed. JSON of the caller's where an `Option<String>` stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// States Language.
    pub definition: String,
    /// The role.
    pub role_arn: String,
    /// Where its history is logged.
    pub logging: Option<String>,
    /// Whether it is traced.
    pub tracing: Option<String>,
    /// How it is encrypted.
    pub encryption: Option<String>,
}

/// Settings of a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// What [`Started`](crate::Started) and [`Store::revision`] name it by.
    pub key: i64,
    /// As callers name it.
    pub revision_id: String,
    /// Since when.
    pub created: Millis,
    /// They.
    pub settings: Settings,
}

/// A state machine as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// What its executions promise.
    pub kind: Kind,
    /// `Active`, or `Deleting`.
    pub status: MachineStatus,
    /// When it was made.
    pub created: Millis,
    /// When it was changed, or made.
    pub updated: Millis,
    /// What it is now.
    pub revision: Revision,
}

/// A state machine in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// What its executions promise.
    pub kind: Kind,
    /// When it was made.
    pub created: Millis,
}

/// A state machine to be made.
#[derive(Debug, Clone)]
pub struct NewMachine {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// What its executions promise.
    pub kind: Kind,
    /// What it is.
    pub settings: Settings,
    /// The name of its first revision.
    pub revision_id: String,
    /// Now.
    pub created: Millis,
    /// Its tags.
    pub tags: Vec<Tag>,
}

/// What became of a thing to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created<T> {
    /// It is there now.
    New(T),
    /// One of its ARN was there, and is as it was.
    Existing(T),
}

/// Settings to be changed: those that are named.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// States Language.
    pub definition: Option<String>,
    /// The role.
    pub role_arn: Option<String>,
    /// Where its history is logged.
    pub logging: Option<String>,
    /// Whether it is traced.
    pub tracing: Option<String>,
    /// How it is encrypted.
    pub encryption: Option<String>,
}

/// What became of an update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Updated {
    /// The machine as it is now. Settings equal to those before make no new revision.
    Done(Box<Machine>),
    /// There is none.
    Absent,
    /// It is being deleted.
    Deleting,
}

const MACHINE: &str = "SELECT m.id, m.arn, m.name, m.kind, m.status, m.created, m.updated,
    r.id, r.revision_id, r.created, r.role_arn, r.logging, r.tracing, r.encryption, r.definition
    FROM machines m JOIN revisions r ON r.id = m.revision";

impl Store {
    /// Makes a state machine, if there is none of its ARN.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn create_machine(&self, new: &NewMachine) -> Result<Created<Machine>, Error> {
        self.write("make a state machine", |db| {
            if let Some((_, machine)) = find(db, &new.arn)? {
                return Ok(Created::Existing(machine));
            }
            let sql = "INSERT INTO machines (arn, name, kind, status, created, updated)
                VALUES (?1, ?2, ?3, 'ACTIVE', ?4, ?4)";
            db.prepare_cached(sql)?.execute(params![new.arn, new.name, new.kind, new.created])?;
            let id = db.last_insert_rowid();
            revise(db, id, &new.settings, &new.revision_id, new.created)?;
            tags::put(db, &new.arn, &new.tags)?;
            must_find(db, &new.arn).map(|(_, machine)| Created::New(machine))
        })
    }

    /// The state machine of an ARN; those that are being deleted too.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn machine(&self, arn: &str) -> Result<Option<Machine>, Error> {
        self.read("read a state machine", |db| Ok(find(db, arn)?.map(|(_, machine)| machine)))
    }

    /// State machines in the order in which they were made; none that are being deleted.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn machines(&self, after: Option<i64>, limit: usize) -> Result<Page<Listed>, Error> {
        self.read("list state machines", |db| {
            let sql = "SELECT id, arn, name, kind, created FROM machines
                WHERE id > ?1 AND status = 'ACTIVE' ORDER BY id LIMIT ?2";
            let mut query = db.prepare_cached(sql)?;
            let rows = query.query_map(params![after.unwrap_or(0), one_more(limit)], |row| {
                let (arn, name) = (row.get(1)?, row.get(2)?);
                Ok((row.get(0)?, Listed { arn, name, kind: row.get(3)?, created: row.get(4)? }))
            })?;
            Ok(Page::new(rows.collect::<Result<_, _>>()?, limit))
        })
    }

    /// Changes a state machine.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn update_machine(
        &self,
        arn: &str,
        update: &Update,
        revision_id: &str,
        now: Millis,
    ) -> Result<Updated, Error> {
        self.write("change a state machine", |db| {
            let Some((id, machine)) = find(db, arn)? else { return Ok(Updated::Absent) };
            if machine.status != MachineStatus::Active {
                return Ok(Updated::Deleting);
            }
            let settings = update.applied_to(&machine.revision.settings);
            if settings != machine.revision.settings {
                revise(db, id, &settings, revision_id, now)?;
            }
            let sql = "UPDATE machines SET updated = ?2 WHERE id = ?1";
            db.prepare_cached(sql)?.execute(params![id, now])?;
            must_find(db, arn).map(|(_, machine)| Updated::Done(Box::new(machine)))
        })
    }

    /// Deletes a state machine, its versions, aliases and tags; what it has run stays. While executions
    /// run it is [`MachineStatus::Deleting`], and gone when the last one ends. The answer is whether it was there.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn delete_machine(&self, arn: &str) -> Result<bool, Error> {
        self.write("delete a state machine", |db| {
            let Some((id, machine)) = find(db, arn)? else { return Ok(false) };
            if machine.status == MachineStatus::Active {
                db.execute("UPDATE machines SET status = 'DELETING' WHERE id = ?1", [id])?;
                db.execute("DELETE FROM versions WHERE machine = ?1", [id])?;
                db.execute("DELETE FROM aliases WHERE machine = ?1", [id])?;
                // A version's and an alias' ARN is the machine's, a colon, and a name.
                let sql = "DELETE FROM tags WHERE resource = ?1
                    OR (resource > ?1 || ':' AND resource < ?1 || ';')";
                db.execute(sql, [arn])?;
                end_deleted(db, id)?;
            }
            Ok(true)
        })
    }

    /// A revision by its key: what an execution or a version is of.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn revision(&self, key: i64) -> Result<Option<Revision>, Error> {
        self.read("read a revision of a state machine", |db| {
            let sql = "SELECT id, revision_id, created, role_arn, logging, tracing, encryption,
                definition FROM revisions WHERE id = ?1";
            db.prepare_cached(sql)?.query_row([key], |row| revision(row, 0)).optional()
        })
    }
}

impl Update {
    fn applied_to(&self, settings: &Settings) -> Settings {
        let one = |new: &Option<String>, old: &String| new.as_ref().unwrap_or(old).clone();
        let maybe =
            |new: &Option<String>, old: &Option<String>| new.clone().or_else(|| old.clone());
        Settings {
            definition: one(&self.definition, &settings.definition),
            role_arn: one(&self.role_arn, &settings.role_arn),
            logging: maybe(&self.logging, &settings.logging),
            tracing: maybe(&self.tracing, &settings.tracing),
            encryption: maybe(&self.encryption, &settings.encryption),
        }
    }
}

/// A machine that is being deleted and of which nothing runs any more is gone.
pub(crate) fn end_deleted(db: &Connection, machine: i64) -> rusqlite::Result<()> {
    let sql = "UPDATE machines SET status = 'DELETED' WHERE id = ?1 AND status = 'DELETING'
        AND NOT EXISTS (SELECT 1 FROM executions
            WHERE machine = ?1 AND status = 'RUNNING' AND map_run IS NULL)";
    db.prepare_cached(sql)?.execute([machine]).map(drop)
}

/// The key of the machine of an ARN.
pub(crate) fn id(db: &Connection, arn: &str) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT id FROM machines WHERE arn = ?1 AND status <> 'DELETED'";
    db.prepare_cached(sql)?.query_row([arn], |row| row.get(0)).optional()
}

pub(crate) fn find(db: &Connection, arn: &str) -> rusqlite::Result<Option<(i64, Machine)>> {
    let sql = format!("{MACHINE} WHERE m.arn = ?1 AND m.status <> 'DELETED'");
    db.prepare_cached(&sql)?.query_row([arn], machine).optional()
}

fn must_find(db: &Connection, arn: &str) -> Result<(i64, Machine), Refusal> {
    find(db, arn)?.ok_or_else(|| Refusal::Words(format!("{arn} is not there")))
}

/// Writes a revision, which is the machine's from now on.
fn revise(
    db: &Connection,
    machine: i64,
    settings: &Settings,
    revision_id: &str,
    created: Millis,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO revisions
        (machine, revision_id, created, role_arn, logging, tracing, encryption, definition) VALUES
        (:machine, :revision_id, :created, :role_arn, :logging, :tracing, :encryption, :definition)";
    db.prepare_cached(sql)?.execute(named_params! {
        ":machine": machine,
        ":revision_id": revision_id,
        ":created": created,
        ":role_arn": settings.role_arn,
        ":logging": settings.logging,
        ":tracing": settings.tracing,
        ":encryption": settings.encryption,
        ":definition": settings.definition,
    })?;
    let sql = "UPDATE machines SET revision = ?2 WHERE id = ?1";
    db.prepare_cached(sql)?.execute(params![machine, db.last_insert_rowid()]).map(drop)
}

fn machine(row: &Row<'_>) -> rusqlite::Result<(i64, Machine)> {
    let machine = Machine {
        arn: row.get(1)?,
        name: row.get(2)?,
        kind: row.get(3)?,
        status: row.get(4)?,
        created: row.get(5)?,
        updated: row.get(6)?,
        revision: revision(row, 7)?,
    };
    Ok((row.get(0)?, machine))
}

fn revision(row: &Row<'_>, first: usize) -> rusqlite::Result<Revision> {
    let settings = Settings {
        role_arn: row.get(first + 3)?,
        logging: row.get(first + 4)?,
        tracing: row.get(first + 5)?,
        encryption: row.get(first + 6)?,
        definition: row.get(first + 7)?,
    };
    let (key, revision_id, created) = (row.get(first)?, row.get(first + 1)?, row.get(first + 2)?);
    Ok(Revision { key, revision_id, created, settings })
}
