//! Aliases of state machines: names that lead to one or two versions, by weight.

use rusqlite::{Connection, OptionalExtension, params};

use crate::page::one_more;
use crate::{Error, Millis, Page, Store, machines};

/// How much of what is started with an alias goes to a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// Its number.
    pub version: i64,
    /// In percent.
    pub weight: u8,
}

/// A name for versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// Of which state machine.
    pub machine_arn: String,
    /// Its name.
    pub name: String,
    /// Where it leads.
    pub routes: Vec<Route>,
    /// What it says about itself.
    pub description: Option<String>,
    /// When it was made.
    pub created: Millis,
    /// When it was changed, or made.
    pub updated: Millis,
}

impl Alias {
    /// Its ARN.
    #[must_use]
    pub fn arn(&self) -> String {
        format!("{}:{}", self.machine_arn, self.name)
    }
}

/// What became of an alias to be made or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aliased {
    /// As it is now.
    Done(Alias),
    /// It was to be made, and one of its name was there, and is as it was.
    Existing(Alias),
    /// It would lead to a version that is not there.
    NoVersion(i64),
    /// There is no such machine, or no such alias to be changed.
    Absent,
}

const ALIAS: &str = "SELECT a.id, a.name, a.description, a.created, a.updated FROM aliases a";

impl Store {
    /// Makes an alias, if there is none of its name.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn create_alias(&self, alias: &Alias) -> Result<Aliased, Error> {
        self.write("make an alias", |db| {
            let Some(machine) = machines::id(db, &alias.machine_arn)? else {
                return Ok(Aliased::Absent);
            };
            if let Some((_, existing)) = find(db, machine, &alias.machine_arn, &alias.name)? {
                return Ok(Aliased::Existing(existing));
            }
            if let Some(version) = missing(db, machine, &alias.routes)? {
                return Ok(Aliased::NoVersion(version));
            }
            let sql = "INSERT INTO aliases (machine, name, created, updated, description)
                VALUES (?1, ?2, ?3, ?4, ?5)";
            let Alias { name, created, updated, description, .. } = alias;
            db.prepare_cached(sql)?.execute(params![
                machine,
                name,
                created,
                updated,
                description
            ])?;
            route(db, db.last_insert_rowid(), &alias.routes)?;
            Ok(Aliased::Done(alias.clone()))
        })
    }

    /// Changes what is named of an alias.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn update_alias(
        &self,
        machine_arn: &str,
        name: &str,
        routes: Option<&[Route]>,
        description: Option<&str>,
        now: Millis,
    ) -> Result<Aliased, Error> {
        self.write("change an alias", |db| {
            let machine = machines::id(db, machine_arn)?.unwrap_or(0);
            let Some((id, mut alias)) = find(db, machine, machine_arn, name)? else {
                return Ok(Aliased::Absent);
            };
            if let Some(routes) = routes {
                if let Some(version) = missing(db, machine, routes)? {
                    return Ok(Aliased::NoVersion(version));
                }
                db.prepare_cached("DELETE FROM routes WHERE alias = ?1")?.execute([id])?;
                route(db, id, routes)?;
                alias.routes = routes.to_vec();
            }
            alias.description = description.map(str::to_owned).or(alias.description);
            alias.updated = now;
            let sql = "UPDATE aliases SET updated = ?2, description = ?3 WHERE id = ?1";
            db.prepare_cached(sql)?.execute(params![id, now, alias.description])?;
            Ok(Aliased::Done(alias))
        })
    }

    /// An alias by its name.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn alias(&self, machine_arn: &str, name: &str) -> Result<Option<Alias>, Error> {
        self.read("read an alias", |db| {
            let machine = machines::id(db, machine_arn)?.unwrap_or(0);
            Ok(find(db, machine, machine_arn, name)?.map(|(_, alias)| alias))
        })
    }

    /// Aliases of a state machine, or only those that lead to a version, in the order in which they
    /// were made.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn aliases(
        &self,
        machine_arn: &str,
        version: Option<i64>,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Page<Alias>, Error> {
        self.read("list aliases", |db| {
            let machine = machines::id(db, machine_arn)?.unwrap_or(0);
            let sql = format!(
                "{ALIAS} WHERE a.machine = ?1 AND a.id > ?2 AND (?3 IS NULL OR EXISTS
                    (SELECT 1 FROM routes r WHERE r.alias = a.id AND r.version = ?3))
                ORDER BY a.id LIMIT ?4"
            );
            let mut query = db.prepare_cached(&sql)?;
            let mut rows =
                query.query(params![machine, after.unwrap_or(0), version, one_more(limit)])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(alias(db, row, machine_arn)?);
            }
            Ok(Page::new(found, limit))
        })
    }

    /// Deletes an alias; the answer is whether it was there.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn delete_alias(&self, machine_arn: &str, name: &str) -> Result<bool, Error> {
        self.write("delete an alias", |db| {
            let machine = machines::id(db, machine_arn)?.unwrap_or(0);
            let sql = "DELETE FROM aliases WHERE machine = ?1 AND name = ?2";
            let gone = db.prepare_cached(sql)?.execute(params![machine, name])?;
            let arn = format!("{machine_arn}:{name}");
            db.prepare_cached("DELETE FROM tags WHERE resource = ?1")?.execute([arn])?;
            Ok(gone > 0)
        })
    }
}

fn find(
    db: &Connection,
    machine: i64,
    machine_arn: &str,
    name: &str,
) -> rusqlite::Result<Option<(i64, Alias)>> {
    let sql = format!("{ALIAS} WHERE a.machine = ?1 AND a.name = ?2");
    db.prepare_cached(&sql)?
        .query_row(params![machine, name], |row| alias(db, row, machine_arn))
        .optional()
}

/// The first version that is not there.
fn missing(db: &Connection, machine: i64, routes: &[Route]) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT 1 FROM versions WHERE machine = ?1 AND number = ?2";
    let mut query = db.prepare_cached(sql)?;
    for Route { version, .. } in routes {
        if !query.exists([machine, *version])? {
            return Ok(Some(*version));
        }
    }
    Ok(None)
}

fn route(db: &Connection, alias: i64, routes: &[Route]) -> rusqlite::Result<()> {
    let sql = "INSERT INTO routes (alias, place, version, weight) VALUES (?1, ?2, ?3, ?4)";
    let mut insert = db.prepare_cached(sql)?;
    for (place, Route { version, weight }) in routes.iter().enumerate() {
        insert.execute(params![alias, place, version, weight])?;
    }
    Ok(())
}

fn alias(
    db: &Connection,
    row: &rusqlite::Row<'_>,
    machine_arn: &str,
) -> rusqlite::Result<(i64, Alias)> {
    let id: i64 = row.get(0)?;
    let sql = "SELECT version, weight FROM routes WHERE alias = ?1 ORDER BY place";
    let routes = db
        .prepare_cached(sql)?
        .query_map([id], |row| Ok(Route { version: row.get(0)?, weight: row.get(1)? }))?
        .collect::<Result<_, _>>()?;
    let alias = Alias {
        machine_arn: machine_arn.to_owned(),
        name: row.get(1)?,
        routes,
        description: row.get(2)?,
        created: row.get(3)?,
        updated: row.get(4)?,
    };
    Ok((id, alias))
}
