//! State machines and their revisions.

use faastlane_store::{
    Activity, Created, Kind, MachineStatus, Status, Store, Tag, Update, Updated,
};

use super::made::{arn, end, machine, machine_arn, new_machine, start};

fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.to_owned(), value: value.to_owned() }
}

#[test]
fn one_machine_of_an_arn() {
    let store = Store::in_memory().unwrap();
    let mut new = new_machine("M");
    new.kind = Kind::Express;
    new.settings.logging = Some("{\"level\":\"ALL\"}".to_owned());
    new.tags = vec![tag("k", "v")];
    let Created::New(made) = store.create_machine(&new).unwrap() else { panic!("it is new") };
    assert_eq!((made.kind, made.status), (Kind::Express, MachineStatus::Active));
    assert_eq!((made.created, made.updated), (1_000, 1_000));
    assert_eq!(made.revision.settings, new.settings);
    assert_eq!(made.revision.revision_id, "first");
    assert_eq!(store.machine(&new.arn).unwrap().as_ref(), Some(&made));
    assert_eq!(store.revision(made.revision.key).unwrap().as_ref(), Some(&made.revision));

    new.settings.definition = "{\"other\":1}".to_owned();
    new.tags = vec![tag("k", "w")];
    assert_eq!(store.create_machine(&new).unwrap(), Created::Existing(made));
    assert_eq!(store.tags(&new.arn).unwrap(), [tag("k", "v")]);
    assert_eq!(store.machine(&machine_arn("N")).unwrap(), None);
}

#[test]
fn an_update_changes_what_it_names() {
    let store = Store::in_memory().unwrap();
    let made = machine(&store, "M");
    let update =
        |update: &Update, id: &str, now| match store.update_machine(&made.arn, update, id, now) {
            Ok(Updated::Done(machine)) => *machine,
            other => panic!("{other:?}"),
        };
    let nothing = Update::default();
    let same = update(&nothing, "second", 2_000);
    assert_eq!((&same.revision, same.updated), (&made.revision, 2_000));
    let new = update(&Update { tracing: Some("t".to_owned()), ..nothing.clone() }, "second", 3_000);
    assert_eq!(new.revision.revision_id, "second");
    assert_eq!(new.revision.created, 3_000);
    assert_eq!(new.revision.settings.tracing.as_deref(), Some("t"));
    assert_eq!(new.revision.settings.definition, made.revision.settings.definition);
    // What runs is still of the revision before.
    assert_eq!(store.revision(made.revision.key).unwrap().as_ref(), Some(&made.revision));
    let absent = store.update_machine(&machine_arn("N"), &nothing, "x", 1).unwrap();
    assert_eq!(absent, Updated::Absent);
}

#[test]
fn lists_of_machines_by_pages() {
    let store = Store::in_memory().unwrap();
    for name in ["c", "a", "b"] {
        machine(&store, name);
    }
    store.delete_machine(&machine_arn("a")).unwrap();
    let names = |after, limit| {
        let page = store.machines(after, limit).unwrap();
        (page.items.into_iter().map(|item| item.name).collect::<Vec<_>>(), page.next)
    };
    let (first, next) = names(None, 1);
    assert_eq!(first, ["c"]);
    assert_eq!(names(next, 1), (vec!["b".to_owned()], None));
    assert!(next.is_some());
}

#[test]
fn a_deleted_machine_is_there_until_its_executions_have_ended() {
    let store = Store::in_memory().unwrap();
    let made = machine(&store, "M");
    store.put_tags(&format!("{}:1", made.arn), &[tag("of", "a version")], 50).unwrap();
    store.put_tags(&format!("{}2", made.arn), &[tag("of", "another")], 50).unwrap();
    store.commit(&[start(made.revision.key, "a"), start(made.revision.key, "b")]).unwrap();
    assert!(store.delete_machine(&made.arn).unwrap());
    assert!(store.delete_machine(&made.arn).unwrap());
    let status = || store.machine(&made.arn).unwrap().map(|machine| machine.status);
    assert_eq!(status(), Some(MachineStatus::Deleting));
    assert_eq!(store.machines(None, 9).unwrap().items, []);
    let updated = store.update_machine(&made.arn, &Update::default(), "x", 1).unwrap();
    assert_eq!(updated, Updated::Deleting);
    assert!(matches!(store.create_machine(&new_machine("M")).unwrap(), Created::Existing(_)));
    store.commit(&[end("a", Status::Succeeded, 3)]).unwrap();
    assert_eq!(status(), Some(MachineStatus::Deleting));
    store.commit(&[end("b", Status::Failed, 3)]).unwrap();
    assert_eq!(status(), None);
    assert!(!store.delete_machine(&made.arn).unwrap());
    assert_eq!(store.tags(&format!("{}:1", made.arn)).unwrap(), []);
    assert_eq!(store.tags(&format!("{}2", made.arn)).unwrap().len(), 1);

    // What it has run is still known, and a new one of its name has run nothing.
    let execution = store.execution(&arn("a")).unwrap().unwrap();
    assert_eq!(execution.machine_arn, made.arn);
    assert_eq!(store.revision(execution.revision).unwrap().as_ref(), Some(&made.revision));
    let again = machine(&store, "M");
    assert_ne!(again.revision.key, made.revision.key);
    let of = faastlane_store::Executions::Machine(&made.arn);
    assert_eq!(store.executions(of, Default::default(), None, 9).unwrap().items, []);
}

#[test]
fn tags_have_one_value_and_a_limit() {
    let store = Store::in_memory().unwrap();
    assert!(store.put_tags("r", &[tag("b", "1"), tag("a", "2")], 2).unwrap());
    assert!(store.put_tags("r", &[tag("b", "3")], 2).unwrap());
    assert!(!store.put_tags("r", &[tag("b", "4"), tag("c", "5")], 2).unwrap());
    assert_eq!(store.tags("r").unwrap(), [tag("b", "3"), tag("a", "2")]);
    store.remove_tags("r", &["b".to_owned(), "x".to_owned()]).unwrap();
    assert_eq!(store.tags("r").unwrap(), [tag("a", "2")]);
    assert_eq!(store.tags("s").unwrap(), []);
}

#[test]
fn activities_are_made_once_listed_and_deleted() {
    let store = Store::in_memory().unwrap();
    let activity = |name: &str, created| Activity {
        arn: format!("arn:{name}"),
        name: name.to_owned(),
        created,
        encryption: None,
    };
    let (a, b) = (activity("a", 1), activity("b", 2));
    assert_eq!(store.create_activity(&b, &[tag("k", "v")]).unwrap(), Created::New(b.clone()));
    assert_eq!(store.create_activity(&a, &[]).unwrap(), Created::New(a.clone()));
    assert_eq!(
        store.create_activity(&activity("a", 9), &[]).unwrap(),
        Created::Existing(a.clone())
    );
    assert_eq!(store.activity("arn:a").unwrap(), Some(a.clone()));
    let page = store.activities(None, 1).unwrap();
    assert_eq!(page.items, [b]);
    assert_eq!(store.activities(page.next, 1).unwrap().items, [a]);
    assert!(store.delete_activity("arn:b").unwrap());
    assert!(!store.delete_activity("arn:b").unwrap());
    assert_eq!(store.tags("arn:b").unwrap(), []);
}
