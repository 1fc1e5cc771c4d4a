//! Files: opened, in use, foreign, newer, full, read-only.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use faastlane_store::{Durability, Error, Status, Store};
use rusqlite::Connection;

use super::made::{arn, end, machine, machine_arn, recorded, start, told};

fn open(path: &Path) -> Result<Store, Error> {
    Store::open(path, Durability::Normal)
}

#[test]
fn what_was_written_is_there_when_it_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/store.db");
    for durability in [Durability::Full, Durability::Normal, Durability::Off] {
        let name = format!("{durability:?}");
        let store = Store::open(&path, durability).unwrap();
        let revision = machine(&store, "M").revision.key;
        store.commit(&[start(revision, &name), told(&name, "x"), recorded(&name, 1, 3)]).unwrap();
        drop(store);
        let store = open(&path).unwrap();
        assert!(store.machine(&machine_arn("M")).unwrap().is_some());
        assert_eq!(store.journal(&arn(&name)).unwrap().len(), 2);
        assert_eq!(store.last_event(&arn(&name)).unwrap(), 3);
    }
    assert_eq!(open(&path).unwrap().open_executions().count(), 3);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn files_that_are_not_ours_stay_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let check = |name: &str, make: &dyn Fn(&Path), expected: &str| {
        let path = folder.path().join(name);
        make(&path);
        let before = fs::read(&path).unwrap();
        let error = open(&path).unwrap_err().to_string();
        assert_eq!(error.replace(&folder.path().display().to_string(), "F"), expected);
        assert_eq!(fs::read(&path).unwrap(), before);
    };
    let foreign = |name| {
        format!("F/{name}: this file is no store of faastlane. Name another one with --store")
    };
    let text = "a text that is long enough to be taken for a header of a database, if need be\n";
    check("text", &|path| fs::write(path, text.repeat(100)).unwrap(), &foreign("text"));
    check(
        "theirs",
        &|path| Connection::open(path).unwrap().execute_batch("CREATE TABLE t (a)").unwrap(),
        &foreign("theirs"),
    );
    check(
        "newer",
        &|path| {
            drop(open(path).unwrap());
            Connection::open(path).unwrap().pragma_update(None, "user_version", 2).unwrap();
        },
        "F/newer: the store has version 2, and this faastlane knows versions up to 1: it was made \
         by a newer one. Use that one, or name another file with --store",
    );
    // An empty file is one to be filled, as `mktemp` makes it.
    let empty = folder.path().join("empty");
    fs::write(&empty, "").unwrap();
    open(&empty).unwrap();
}

#[test]
fn places_that_cannot_be_written_are_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let check = |path: &Path, expected: &str| {
        let error = open(path).unwrap_err().to_string();
        assert_eq!(error.replace(&folder.path().display().to_string(), "F"), expected);
    };
    let advice = "Name a file in a folder that can be written, with --store";
    check(
        &folder.path().join("file/store.db"),
        &format!("F/file/store.db: cannot make the store: File exists (os error 17). {advice}"),
    );
    check(
        folder.path(),
        &format!("F: cannot make the store: Is a directory (os error 21). {advice}"),
    );
    // A folder where not even root makes files.
    let nowhere = Path::new("/proc/self/fdinfo/store.db");
    let error = open(nowhere).unwrap_err().to_string();
    assert!(error.starts_with("/proc/self/fdinfo/store.db: cannot make the store: "), "{error}");
}

#[test]
fn one_process_at_a_time_by_whatever_name() {
    let folder = tempfile::tempdir().unwrap();
    let (path, link) = (folder.path().join("store.db"), folder.path().join("link.db"));
    let store = open(&path).unwrap();
    std::os::unix::fs::symlink(&path, &link).unwrap();
    for name in [&path, &link] {
        let error = open(name).unwrap_err();
        let expected = format!(
            "{}: the store is in use by process {}. Stop that server, or name another file with \
             --store",
            path.canonicalize().unwrap().display(),
            std::process::id(),
        );
        assert_eq!(error.to_string(), expected);
    }
    drop(store);
    open(&link).unwrap();
}

#[test]
fn readers_see_the_last_commit_and_are_not_kept_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("store.db")).unwrap();
    let revision = machine(&store, "M").revision.key;
    store.commit(&[start(revision, "a")]).unwrap();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for number in 0..200 {
                store.commit(&[told("a", "x"), recorded("a", number + 1, number + 1)]).unwrap();
            }
            store.commit(&[end("a", Status::Failed, 9)]).unwrap();
        });
        for _ in 0..3 {
            scope.spawn(|| {
                let mut last = 0;
                while last < 200 {
                    let found = store.last_event(&arn("a")).unwrap();
                    assert!(found >= last);
                    last = found;
                }
            });
        }
        writer.join().unwrap();
    });
    assert_eq!(store.journal(&arn("a")).unwrap().len(), 201);
}
