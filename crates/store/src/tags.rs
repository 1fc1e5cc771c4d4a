//! Tags of whatever has an ARN.

use rusqlite::{Connection, params};

use crate::{Error, Store};

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Its name, of which a resource has one.
    pub key: String,
    /// What it says.
    pub value: String,
}

impl Store {
    /// Adds tags to a resource, or changes them. If it would have more than `limit` then, nothing is
    /// changed and the answer is false. Whether there is such a resource is the caller's to know.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn put_tags(&self, resource: &str, tags: &[Tag], limit: usize) -> Result<bool, Error> {
        self.write("set tags", |db| {
            let sql = "SELECT key FROM tags WHERE resource = ?1";
            let mut keys: Vec<String> = db
                .prepare_cached(sql)?
                .query_map([resource], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            keys.extend(tags.iter().map(|tag| tag.key.clone()));
            keys.sort_unstable();
            keys.dedup();
            if keys.len() > limit {
                return Ok(false);
            }
            put(db, resource, tags)?;
            Ok(true)
        })
    }

    /// Takes tags from a resource; keys that it has not are no mistake.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn remove_tags(&self, resource: &str, keys: &[String]) -> Result<(), Error> {
        self.write("remove tags", |db| {
            let sql = "DELETE FROM tags WHERE resource = ?1 AND key = ?2";
            let mut delete = db.prepare_cached(sql)?;
            for key in keys {
                delete.execute([resource, key])?;
            }
            Ok(())
        })
    }

    /// The tags of a resource, in the order in which they were added.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn tags(&self, resource: &str) -> Result<Vec<Tag>, Error> {
        self.read("list tags", |db| {
            let sql = "SELECT key, value FROM tags WHERE resource = ?1 ORDER BY id";
            let mut query = db.prepare_cached(sql)?;
            let rows = query
                .query_map([resource], |row| Ok(Tag { key: row.get(0)?, value: row.get(1)? }))?;
            rows.collect()
        })
    }
}

pub(crate) fn put(db: &Connection, resource: &str, tags: &[Tag]) -> rusqlite::Result<()> {
    let sql = "INSERT INTO tags (resource, key, value) VALUES (?1, ?2, ?3)
        ON CONFLICT (resource, key) DO UPDATE SET value = excluded.value";
    let mut insert = db.prepare_cached(sql)?;
    for Tag { key, value } in tags {
        insert.execute(params![resource, key, value])?;
    }
    Ok(())
}
