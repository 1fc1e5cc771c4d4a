//! Activities: tasks that whoever asks for them does.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::page::one_more;
use crate::{Created, Error, Millis, Page, Store, Tag, tags};

/// An activity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created: Millis,
    /// How it is encrypted: JSON of the caller's.
    pub encryption: Option<String>,
}

const ACTIVITY: &str = "SELECT id, arn, name, created, encryption FROM activities";

impl Store {
    /// Makes an activity, if there is none of its ARN.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn create_activity(
        &self,
        activity: &Activity,
        tags: &[Tag],
    ) -> Result<Created<Activity>, Error> {
        self.write("make an activity", |db| {
            if let Some(existing) = find(db, &activity.arn)? {
                return Ok(Created::Existing(existing));
            }
            let sql = "INSERT INTO activities (arn, name, created, encryption)
                VALUES (?1, ?2, ?3, ?4)";
            let Activity { arn, name, created, encryption } = activity;
            db.prepare_cached(sql)?.execute(params![arn, name, created, encryption])?;
            tags::put(db, arn, tags)?;
            Ok(Created::New(activity.clone()))
        })
    }

    /// The activity of an ARN.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn activity(&self, arn: &str) -> Result<Option<Activity>, Error> {
        self.read("read an activity", |db| find(db, arn))
    }

    /// Activities in the order in which they were made.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn activities(&self, after: Option<i64>, limit: usize) -> Result<Page<Activity>, Error> {
        self.read("list activities", |db| {
            let sql = format!("{ACTIVITY} WHERE id > ?1 ORDER BY id LIMIT ?2");
            let mut query = db.prepare_cached(&sql)?;
            let rows = query.query_map([after.unwrap_or(0), one_more(limit)], |row| {
                Ok((row.get(0)?, activity(row)?))
            })?;
            Ok(Page::new(rows.collect::<Result<_, _>>()?, limit))
        })
    }

    /// Deletes an activity; the answer is whether it was there.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn delete_activity(&self, arn: &str) -> Result<bool, Error> {
        self.write("delete an activity", |db| {
            let gone = db.execute("DELETE FROM activities WHERE arn = ?1", [arn])?;
            db.execute("DELETE FROM tags WHERE resource = ?1", [arn])?;
            Ok(gone > 0)
        })
    }
}

fn find(db: &Connection, arn: &str) -> rusqlite::Result<Option<Activity>> {
    let sql = format!("{ACTIVITY} WHERE arn = ?1");
    db.prepare_cached(&sql)?.query_row([arn], activity).optional()
}

fn activity(row: &Row<'_>) -> rusqlite::Result<Activity> {
    let (arn, name, created) = (row.get(1)?, row.get(2)?, row.get(3)?);
    Ok(Activity { arn, name, created, encryption: row.get(4)? })
}
