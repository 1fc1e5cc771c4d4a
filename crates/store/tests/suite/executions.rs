//! Executions, their journals and histories.

use faastlane_store::{Change, Entry, EntryKind, Execution, Executions, Filter, Status, Store};

use super::made::{arn, end, machine, machine_arn, recorded, start, started, told};

fn entries(store: &Store, name: &str) -> Vec<(EntryKind, String)> {
    let journal = store.journal(&arn(name)).unwrap();
    let text = |Entry { kind, bytes }| (kind, String::from_utf8(bytes).unwrap());
    journal.into_iter().map(text).collect()
}

#[test]
fn an_execution_is_what_was_written_of_it() {
    let store = Store::in_memory().unwrap();
    let revision = machine(&store, "M").revision.key;
    let mut begin = started(revision, "a");
    begin.version_arn = Some("version".to_owned());
    begin.alias_arn = Some("alias".to_owned());
    begin.trace_header = Some("Root=1".to_owned());
    begin.parent = Some(vec![1, 2]);
    store.commit(&[Change::Started(Box::new(begin))]).unwrap();
    let mut expected = Execution {
        arn: arn("a").to_string(),
        machine_arn: machine_arn("M"),
        revision,
        name: "a".to_owned(),
        status: Status::Running,
        started: 2_000,
        stopped: None,
        redrive_count: 0,
        redriven: None,
        item_count: None,
        version_arn: Some("version".to_owned()),
        alias_arn: Some("alias".to_owned()),
        trace_header: Some("Root=1".to_owned()),
        map_run_arn: None,
        parent: Some(vec![1, 2]),
        input: "{\"name\":\"a\"}".to_owned(),
        output: None,
        error: None,
        cause: None,
    };
    assert_eq!(store.execution(&arn("a")).unwrap().as_ref(), Some(&expected));

    store.commit(&[end("a", Status::Failed, 3_000)]).unwrap();
    expected.status = Status::Failed;
    expected.stopped = Some(3_000);
    expected.error = Some("E".to_owned());
    expected.cause = Some("because".to_owned());
    assert_eq!(store.execution(&arn("a")).unwrap().as_ref(), Some(&expected));

    let execution = arn("a");
    store.commit(&[Change::Redriven { execution, at: 4_000, bytes: b"again".to_vec() }]).unwrap();
    expected.status = Status::Running;
    (expected.stopped, expected.error, expected.cause) = (None, None, None);
    (expected.redrive_count, expected.redriven) = (1, Some(4_000));
    assert_eq!(store.execution(&arn("a")).unwrap().as_ref(), Some(&expected));
    assert_eq!(store.execution(&arn("b")).unwrap(), None);
}

#[test]
fn a_journal_is_read_in_its_order_until_a_snapshot_takes_its_place_or_it_succeeds() {
    let store = Store::in_memory().unwrap();
    let revision = machine(&store, "M").revision.key;
    let check = |changes: &[Change], expected: &[(EntryKind, &str)]| {
        store.commit(changes).unwrap();
        let found = entries(&store, "a");
        let found: Vec<_> = found.iter().map(|(kind, text)| (*kind, text.as_str())).collect();
        assert_eq!(found, expected);
    };
    let beginning = (EntryKind::Start, "start of a");
    check(&[start(revision, "a"), start(revision, "b")], &[beginning]);
    check(
        &[told("a", "1"), told("b", "x"), told("a", "2")],
        &[beginning, (EntryKind::Told, "1"), (EntryKind::Told, "2")],
    );
    let snapshot = |bytes: &[u8]| Change::Snapshot { execution: arn("a"), bytes: bytes.to_vec() };
    check(
        &[snapshot(b"12"), told("a", "3")],
        &[beginning, (EntryKind::Snapshot, "12"), (EntryKind::Told, "3")],
    );
    check(&[snapshot(b"123")], &[beginning, (EntryKind::Snapshot, "123")]);
    let redriven = Change::Redriven { execution: arn("a"), at: 5_000, bytes: b"again".to_vec() };
    check(
        &[end("a", Status::Aborted, 4_000), redriven],
        &[beginning, (EntryKind::Snapshot, "123"), (EntryKind::Redriven, "again")],
    );
    check(&[end("a", Status::Succeeded, 6_000)], &[]);
    assert_eq!(entries(&store, "b").len(), 2);
    assert_eq!(entries(&store, "c"), []);
}

#[test]
fn the_chunks_of_a_history_that_hold_what_is_asked_for() {
    let store = Store::in_memory().unwrap();
    let revision = machine(&store, "M").revision.key;
    store.commit(&[start(revision, "a"), start(revision, "b")]).unwrap();
    let parts = [(1, 3), (4, 4), (5, 9), (10, 12)];
    for (first, last) in parts {
        store.commit(&[recorded("a", first, last)]).unwrap();
    }
    store.commit(&[recorded("b", 1, 1)]).unwrap();
    let check = |from, limit, reverse, expected: &[u64]| {
        let chunks = store.history(&arn("a"), from, limit, reverse).unwrap();
        let firsts: Vec<u64> = chunks.iter().map(|chunk| chunk.first).collect();
        assert_eq!(firsts, expected, "from {from}, {limit}, reverse {reverse}");
        for chunk in chunks {
            let ids: Vec<u64> = (chunk.first..=chunk.last).collect();
            assert_eq!(chunk.events, format!("{ids:?}"));
        }
    };
    check(1, 100, false, &[1, 4, 5, 10]);
    check(1, 3, false, &[1]);
    check(1, 4, false, &[1, 4]);
    check(3, 2, false, &[1, 4]);
    check(3, 1, false, &[1]);
    check(4, 6, false, &[4, 5]);
    check(4, 7, false, &[4, 5, 10]);
    check(13, 5, false, &[]);
    check(1, 0, false, &[]);
    check(u64::MAX, 100, true, &[10, 5, 4, 1]);
    check(12, 3, true, &[10]);
    check(12, 4, true, &[10, 5]);
    check(6, 2, true, &[5]);
    check(6, 3, true, &[5, 4]);
    check(6, 4, true, &[5, 4, 1]);
    check(0, 5, true, &[]);
    assert_eq!(store.last_event(&arn("a")).unwrap(), 12);
    assert_eq!(store.last_event(&arn("c")).unwrap(), 0);
    assert_eq!(store.history(&arn("c"), 1, 5, false).unwrap(), []);
}

#[test]
fn lists_are_newest_first_by_pages_and_filters() {
    let store = Store::in_memory().unwrap();
    let (revision, other) = (machine(&store, "M").revision.key, machine(&store, "N").revision.key);
    for (name, revision, version) in [
        ("a", revision, None),
        ("b", revision, Some("v1")),
        ("x", other, Some("v1")),
        ("c", revision, Some("v2")),
        ("d", revision, None),
        ("e", revision, None),
    ] {
        let mut begin = started(revision, name);
        begin.version_arn = version.map(str::to_owned);
        begin.alias_arn = version.map(|version| format!("alias of {version}"));
        store.commit(&[Change::Started(Box::new(begin))]).unwrap();
    }
    store.commit(&[end("b", Status::Failed, 1), end("d", Status::Failed, 1)]).unwrap();
    let again = |name| Change::Redriven { execution: arn(name), at: 4_000, bytes: Vec::new() };
    store.commit(&[again("d"), end("c", Status::Succeeded, 2)]).unwrap();

    let check = |of: &str, filter: Filter<'_>, limit, expected: &[&[&str]]| {
        let (mut after, mut pages) = (None, Vec::new());
        loop {
            let of = Executions::Machine(of);
            let page = store.executions(of, filter, after, limit).unwrap();
            pages.push(page.items.into_iter().map(|item| item.name).collect::<Vec<_>>());
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(pages, expected, "{filter:?}");
    };
    let all = Filter::default();
    let m = &machine_arn("M");
    check(m, all, 10, &[&["e", "d", "c", "b", "a"]]);
    check(m, all, 5, &[&["e", "d", "c", "b", "a"]]);
    check(m, all, 2, &[&["e", "d"], &["c", "b"], &["a"]]);
    check(&machine_arn("N"), all, 2, &[&["x"]]);
    check(&machine_arn("O"), all, 2, &[&[]]);
    let status = |status| Filter { status: Some(status), ..all };
    check(m, status(Status::Running), 2, &[&["e", "d"], &["a"]]);
    check(m, status(Status::Failed), 2, &[&["b"]]);
    check(m, status(Status::TimedOut), 2, &[&[]]);
    check(m, Filter { redriven: Some(true), ..all }, 2, &[&["d"]]);
    check(m, Filter { redriven: Some(false), ..all }, 9, &[&["e", "c", "b", "a"]]);
    check(m, Filter { version_arn: Some("v1"), ..all }, 9, &[&["b"]]);
    check(m, Filter { alias_arn: Some("alias of v2"), ..all }, 9, &[&["c"]]);
    check(m, Filter { alias_arn: Some("alias of v2"), ..status(Status::Running) }, 9, &[&[]]);
}

#[test]
fn executions_that_run_are_read_one_by_one_while_others_end() {
    let store = Store::in_memory().unwrap();
    let revision = machine(&store, "M").revision.key;
    let names = ["a", "b", "c", "d"];
    store.commit(&names.map(|name| start(revision, name))).unwrap();
    store.commit(&[end("b", Status::TimedOut, 3_000)]).unwrap();
    assert_eq!(store.count_open().unwrap(), 3);
    let mut found = Vec::new();
    for execution in store.open_executions() {
        let execution = execution.unwrap();
        store.commit(&[end(&execution.name, Status::Succeeded, 3_000)]).unwrap();
        found.push(execution.name);
    }
    assert_eq!(found, ["a", "c", "d"]);
    assert_eq!(store.count_open().unwrap(), 0);
}

#[test]
fn a_list_of_changes_is_written_whole_or_not_at_all() {
    let store = Store::in_memory().unwrap();
    let revision = machine(&store, "M").revision.key;
    store.commit(&[start(revision, "a")]).unwrap();
    let check = |wrong: Change, expected: &str| {
        let error = store.commit(&[start(revision, "new"), wrong]).unwrap_err().to_string();
        assert_eq!(error, format!(":memory:: cannot write what executions do: {expected}"));
        assert_eq!(store.execution(&arn("new")).unwrap(), None);
    };
    check(start(revision, "a"), &format!("{} was started before", arn("a")));
    check(told("b", "x"), &format!("there is no execution {}", arn("b")));
    check(end("b", Status::Failed, 1), &format!("there is no execution {}", arn("b")));
    check(start(77, "b"), &format!("there is no revision 77 of a machine, for {}", arn("b")));
    store.commit(&[]).unwrap();
}

#[test]
fn a_name_is_free_again_90_days_after_the_end() {
    let store = Store::in_memory().unwrap();
    let revision = machine(&store, "M").revision.key;
    let days = |days: i64| days * 24 * 60 * 60 * 1_000;
    store.commit(&[start(revision, "a"), recorded("a", 1, 2)]).unwrap();
    let at = |at| {
        let mut begin = started(revision, "a");
        begin.at = at;
        Change::Started(Box::new(begin))
    };
    store.commit(&[at(days(1_000))]).expect_err("it runs");
    store.commit(&[end("a", Status::Failed, days(1))]).unwrap();
    store.commit(&[at(days(91))]).expect_err("90 days are not over");
    store.commit(&[at(days(91) + 1)]).unwrap();
    let execution = store.execution(&arn("a")).unwrap().unwrap();
    assert_eq!((execution.started, execution.status), (days(91) + 1, Status::Running));
    assert_eq!(store.last_event(&arn("a")).unwrap(), 0);
    assert_eq!(entries(&store, "a").len(), 1);
}
