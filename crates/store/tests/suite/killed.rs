//! A writer that is killed in the middle of its commits.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use faastlane_store::{Durability, Status, Store};

use super::made::{arn, end, machine, recorded, start, told};

/// Names the store to a test that is a writer.
const STORE: &str = "FAASTLANE_TEST_STORE";

/// Not a test by itself: what the one below starts and kills. Says the number of each commit.
#[test]
#[ignore = "runs until it is killed"]
#[expect(clippy::print_stdout, reason = "tells the test that kills it")]
fn write_until_killed() {
    let Ok(path) = env::var(STORE) else { return };
    let store = Store::open(Path::new(&path), Durability::Normal).unwrap();
    let revision = machine(&store, "M").revision.key;
    let first = store.open_executions().count() / 2;
    for number in first.. {
        // Two begin and one of the last two ends, in one transaction.
        let names = [format!("{number}-a"), format!("{number}-b"), format!("{number}-c")];
        let mut changes = Vec::new();
        for name in &names {
            changes.push(start(revision, name));
            changes.extend((0..20).map(|_| told(name, &"x".repeat(300))));
            changes.push(recorded(name, 1, 20));
        }
        changes.push(end(&names[2], Status::Succeeded, 9));
        store.commit(&changes).unwrap();
        println!("committed {number}");
    }
}

#[test]
fn commits_are_there_whole_or_not_at_all_after_the_writer_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let mut before = 0;
    for round in 0..8 {
        let mut writer = Command::new(env::current_exe().unwrap())
            .args(["--exact", "suite::killed::write_until_killed", "--ignored", "--nocapture"])
            .env(STORE, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
        let mut said = None;
        // It goes on writing while we count, so it is killed anywhere in a commit.
        let numbers = lines.map_while(Result::ok).filter_map(|line| {
            // The harness has not ended its own line before the first one.
            line.split_once("committed ")?.1.parse::<usize>().ok()
        });
        for (count, number) in numbers.enumerate() {
            said = Some(number);
            if count == 0 {
                let error = Store::open(&path, Durability::Normal).unwrap_err().to_string();
                let owner = format!("the store is in use by process {}. ", writer.id());
                assert!(error.contains(&owner), "{error}");
            }
            if count == 3 + round * 5 {
                writer.kill().unwrap();
            }
        }
        writer.wait().unwrap();
        let said = said.expect("it has committed");

        let store = Store::open(&path, Durability::Normal).unwrap();
        let open = store.open_executions().map(|found| found.unwrap().name).collect::<Vec<_>>();
        assert_eq!(open.len() % 2, 0);
        let commits = open.len() / 2;
        assert!(commits > said && said >= before, "{commits} commits, the last said {said}");
        for number in before..commits {
            for (name, entries) in [("a", 21), ("b", 21), ("c", 0)] {
                let arn = arn(&format!("{number}-{name}"));
                assert_eq!(store.journal(&arn).unwrap().len(), entries, "{arn}");
                assert_eq!(store.last_event(&arn).unwrap(), 20);
            }
        }
        assert_eq!(store.execution(&arn(&format!("{commits}-a"))).unwrap(), None);
        before = commits;
    }
}
