//! The journal, written and read again as after a container that died.

use faastlane_engine::Time;

use super::*;

fn entry(execution: u64) -> Entry<&'static Told> {
    Entry::Started { at: Time(i64::try_from(execution).unwrap()) }
}

/// The executions that were started, each with the time of its start.
fn started(journal: &mut Journal) -> Vec<(u64, Time)> {
    let mut found = Vec::new();
    let visit = |execution, entry| {
        if let Entry::Started { at } = entry {
            found.push((execution, at));
        }
    };
    journal.read(visit).unwrap();
    found
}

#[test]
fn what_is_acknowledged_makes_room() {
    let watched = Watched::create().unwrap();
    let mut journal = Journal::open(&watched.file).unwrap();
    for execution in 1..4 {
        journal.begin(execution);
        journal.append(&entry(execution)).unwrap();
    }
    let mut other = Journal::open(&watched.file).unwrap();
    assert_eq!(started(&mut other), [(1, Time(1)), (2, Time(2)), (3, Time(3))]);
    watched.acknowledge(3);
    journal.begin(4);
    journal.append(&entry(4)).unwrap();
    assert_eq!(started(&mut journal), [(4, Time(4))]);
}
