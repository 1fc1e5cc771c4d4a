//! A folder that stands for S3: its subfolders are buckets.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use super::{Object, PAGE};
use crate::Error;

pub(super) fn open(
    root: &Path,
    bucket: &str,
    key: &str,
    offset: u64,
) -> Result<Box<dyn Read>, Error> {
    let path = folder_of(root, bucket)?.join(relative("key", key)?);
    let reading = || format!("Reading {}", path.display());
    let mut file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Error::NoSuchKey { bucket: bucket.to_owned(), key: key.to_owned() });
        }
        Err(error) => return Err(Error::Io { what: reading(), error }),
    };
    file.seek(SeekFrom::Start(offset)).map_err(Error::io(reading()))?;
    Ok(Box::new(file))
}

pub(super) fn list(
    root: &Path,
    bucket: &str,
    prefix: &str,
    after: &str,
) -> Result<Vec<Object>, Error> {
    let folder = folder_of(root, bucket)?;
    let mut listing = Listing { prefix, after, found: Vec::new() };
    listing.walk(&folder, String::new())?;
    let Listing { found, .. } = listing;
    let found = found.into_iter().map(|(key, path)| Object::of_file(key, &path));
    found.collect::<io::Result<_>>().map_err(Error::io(format!("Listing {bucket}")))
}

/// The first keys of a bucket in the order of S3, while it is walked through.
struct Listing<'a> {
    prefix: &'a str,
    after: &'a str,
    /// In order.
    found: Vec<(String, PathBuf)>,
}

impl Listing<'_> {
    /// Adds what lies in `folder`, whose own key is `key`. A folder's key ends in `/`, so its place among
    /// the files beside it is the one that the keys of its files have.
    fn walk(&mut self, folder: &Path, key: String) -> Result<(), Error> {
        let listing = || format!("Listing {}", folder.display());
        let mut entries = Vec::new();
        for entry in fs::read_dir(folder).map_err(Error::io(listing()))? {
            let entry = entry.map_err(Error::io(listing()))?;
            // A name that is not UTF-8 is no key.
            let Ok(name) = entry.file_name().into_string() else { continue };
            let is_folder = fs::metadata(entry.path()).is_ok_and(|about| about.is_dir());
            entries.push(format!("{key}{name}{}", if is_folder { "/" } else { "" }));
        }
        entries.sort_unstable();
        for entry in entries {
            if self.found.len() >= PAGE {
                return Ok(());
            }
            let path = folder.join(&entry[key.len()..]);
            let may_hold = self.prefix.starts_with(&entry) || entry.starts_with(self.prefix);
            let is_before = entry.as_str() < self.after && !self.after.starts_with(&entry);
            if entry.ends_with('/') {
                if may_hold && !is_before {
                    self.walk(&path, entry)?;
                }
            } else if entry.starts_with(self.prefix) && entry.as_str() > self.after {
                self.found.push((entry, path));
            }
        }
        Ok(())
    }
}

/// Where a new object goes. Its folders are made.
pub(super) fn new_path(root: &Path, bucket: &str, key: &str) -> Result<PathBuf, Error> {
    let path = folder_of(root, bucket)?.join(relative("key", key)?);
    let folder = path.parent().unwrap_or(&path);
    fs::create_dir_all(folder).map_err(Error::io(format!("Making {}", folder.display())))?;
    Ok(path)
}

fn folder_of(root: &Path, bucket: &str) -> Result<PathBuf, Error> {
    let name = relative("bucket", bucket)?;
    if name.components().count() != 1 {
        return Err(Error::Name { what: "bucket", name: bucket.to_owned() });
    }
    let folder = root.join(name);
    if folder.is_dir() {
        return Ok(folder);
    }
    let hint = format!(" (no folder {})", folder.display());
    Err(Error::NoSuchBucket { bucket: bucket.to_owned(), hint })
}

/// A name as a path that stays where it is put.
fn relative<'n>(what: &'static str, name: &'n str) -> Result<&'n Path, Error> {
    let path = Path::new(name);
    let stays = path.components().all(|part| matches!(part, Component::Normal(_)));
    if stays && !name.is_empty() && !name.ends_with('/') && !name.contains('\0') {
        return Ok(path);
    }
    Err(Error::Name { what, name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_in_the_order_of_their_bytes() {
        let root = tempfile::tempdir().unwrap();
        for key in ["a-b", "a/b", "a.b", "a/c/d", "b", "a/c.d"] {
            let path = root.path().join("bucket").join(key);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, key).unwrap();
        }
        let check = |prefix: &str, after: &str, expected: &[&str]| {
            let found = list(root.path(), "bucket", prefix, after).unwrap();
            let keys: Vec<&str> = found.iter().map(|object| object.key.as_str()).collect();
            assert_eq!(keys, expected, "{prefix:?} after {after:?}");
        };
        check("", "", &["a-b", "a.b", "a/b", "a/c.d", "a/c/d", "b"]);
        check("a/", "", &["a/b", "a/c.d", "a/c/d"]);
        check("a/c", "", &["a/c.d", "a/c/d"]);
        check("", "a/b", &["a/c.d", "a/c/d", "b"]);
        check("a", "a/c/d", &[]);
        check("x", "", &[]);
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("bucket")).unwrap();
        fs::write(root.path().join("secret"), "").unwrap();
        let check = |bucket: &str, key: &str, expected: &str| {
            let error = open(root.path(), bucket, key, 0).err().expect("it is refused");
            assert!(error.to_string().starts_with(expected), "{error}");
        };
        check("bucket", "../secret", "'../secret' cannot be a key");
        check("bucket", "/etc/passwd", "'/etc/passwd' cannot be a key");
        check("..", "secret", "'..' cannot be a bucket");
        check("a/b", "c", "'a/b' cannot be a bucket");
        check("other", "c", "The specified bucket does not exist: other (no folder ");
        check("bucket", "c", "The specified key does not exist: c in bucket");
    }
}
