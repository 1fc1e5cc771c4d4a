//! Versions and aliases.

use faastlane_store::{Alias, Aliased, Published, Removed, Route, Store, Update, Version};

use super::made::{machine, machine_arn};

fn publish(store: &Store) -> Version {
    match store.publish_version(&machine_arn("M"), None, None, 5_000).unwrap() {
        Published::New(version) => version,
        other => panic!("{other:?}"),
    }
}

/// A machine with versions 1 and 2.
fn with_versions() -> Store {
    let store = Store::in_memory().unwrap();
    machine(&store, "M");
    publish(&store);
    change(&store, "second");
    publish(&store);
    store
}

fn change(store: &Store, id: &str) {
    let update = Update { role_arn: Some(id.to_owned()), ..Update::default() };
    store.update_machine(&machine_arn("M"), &update, id, 4_000).unwrap();
}

#[test]
fn a_revision_is_published_once() {
    let store = Store::in_memory().unwrap();
    let made = machine(&store, "M");
    let check = |revision_id, expected| {
        let found = store.publish_version(&made.arn, revision_id, Some("words"), 5_000).unwrap();
        assert_eq!(found, expected);
    };
    let version = |number, revision, revision_id: &str| Version {
        machine_arn: made.arn.clone(),
        number,
        revision,
        revision_id: revision_id.to_owned(),
        created: 5_000,
        description: Some("words".to_owned()),
    };
    let first = version(1, made.revision.key, "first");
    check(Some("x"), Published::Stale { revision_id: "first".to_owned() });
    check(Some("first"), Published::New(first.clone()));
    check(None, Published::Existing(first.clone()));
    change(&store, "second");
    check(Some("first"), Published::Stale { revision_id: "second".to_owned() });
    check(None, Published::New(version(2, made.revision.key + 1, "second")));
    assert_eq!(store.version(&made.arn, 1).unwrap(), Some(first));
    assert_eq!(store.version(&made.arn, 3).unwrap(), None);
    let none = store.publish_version(&machine_arn("N"), None, None, 1).unwrap();
    assert_eq!(none, Published::NoMachine);

    // The number of a version that is gone is not used again.
    assert_eq!(store.delete_version(&made.arn, 2).unwrap(), Removed::Done);
    assert_eq!(store.delete_version(&made.arn, 2).unwrap(), Removed::Absent);
    assert_eq!(publish(&store).number, 3);
    let page = store.versions(&made.arn, None, 1).unwrap();
    assert_eq!((page.items[0].number, page.items[0].arn()), (3, format!("{}:3", made.arn)));
    let page = store.versions(&made.arn, page.next, 1).unwrap();
    assert_eq!((page.items[0].number, page.next), (1, None));
}

#[test]
fn aliases_lead_to_versions_that_are_there() {
    let store = with_versions();
    let alias = |name: &str, versions: &[i64]| Alias {
        machine_arn: machine_arn("M"),
        name: name.to_owned(),
        routes: versions.iter().map(|&version| Route { version, weight: 50 }).collect(),
        description: None,
        created: 6_000,
        updated: 6_000,
    };
    let check = |alias: &Alias, expected| assert_eq!(store.create_alias(alias).unwrap(), expected);
    let live = alias("live", &[2, 1]);
    check(&live, Aliased::Done(live.clone()));
    check(&alias("live", &[1]), Aliased::Existing(live.clone()));
    check(&alias("other", &[1, 3]), Aliased::NoVersion(3));
    check(&Alias { machine_arn: machine_arn("N"), ..alias("x", &[1]) }, Aliased::Absent);
    let old = alias("old", &[1]);
    check(&old, Aliased::Done(old.clone()));
    assert_eq!(store.alias(&machine_arn("M"), "live").unwrap(), Some(live.clone()));
    assert_eq!(store.alias(&machine_arn("M"), "none").unwrap(), None);

    let arn = machine_arn("M");
    let names = |version, after, limit| {
        let page = store.aliases(&arn, version, after, limit).unwrap();
        (page.items.into_iter().map(|alias| alias.name).collect::<Vec<_>>(), page.next)
    };
    assert_eq!(names(Some(2), None, 9).0, ["live"]);
    assert_eq!(names(Some(1), None, 9).0, ["live", "old"]);
    let (first, next) = names(None, None, 1);
    assert_eq!((first, names(None, next, 1).0), (vec!["live".into()], vec!["old".into()]));

    let used = Removed::Used { aliases: vec!["live".to_owned()] };
    assert_eq!(store.delete_version(&arn, 2).unwrap(), used);
    let routes = [Route { version: 1, weight: 100 }];
    let changed = store.update_alias(&arn, "live", Some(&routes), Some("words"), 7_000).unwrap();
    let expected = Alias {
        routes: routes.to_vec(),
        description: Some("words".to_owned()),
        updated: 7_000,
        ..live
    };
    assert_eq!(changed, Aliased::Done(expected.clone()));
    assert_eq!(store.alias(&arn, "live").unwrap(), Some(expected));
    assert_eq!(store.update_alias(&arn, "none", None, None, 1).unwrap(), Aliased::Absent);
    let nowhere = [Route { version: 9, weight: 100 }];
    let refused = store.update_alias(&arn, "live", Some(&nowhere), None, 1).unwrap();
    assert_eq!(refused, Aliased::NoVersion(9));
    assert_eq!(store.delete_version(&arn, 2).unwrap(), Removed::Done);

    assert!(store.delete_alias(&arn, "live").unwrap());
    assert!(!store.delete_alias(&arn, "live").unwrap());
    store.delete_machine(&arn).unwrap();
    assert_eq!(names(None, None, 9).0, [""; 0]);
}
