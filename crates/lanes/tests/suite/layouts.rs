//! Which functions share processes, where somebody has decided that.

use faastlane_lanes::{Isolation, LaneKind, Layout, Options, Pool};

use super::harness::{call, finish, folder, function, options};

/// The process that a call runs in, and its parent.
const PLACE: &str =
    "import os\ndef handler(event, context):\n    return '%d %d' % (os.getpid(), os.getppid())\n";

#[test]
fn functions_share_what_a_layout_says() {
    let options = options();
    if options.isolation != Isolation::None || options.host_program.is_none() {
        return;
    }
    let root = folder(&[("app.py", PLACE)]);
    let functions = vec![function(root.path()); 4];
    let layout = Layout { inline: vec![3], groups: vec![vec![0, 2], vec![1]], hosts: vec![0, 2] };
    let is_inline = options.inline;
    let mut pool = Pool::new(functions, Options { layout: Some(layout), ..options }).unwrap();
    pool.prepare(false).unwrap();
    let places = places(&mut pool, 4);
    let parents: Vec<u32> = places.iter().map(|(_, parent)| *parent).collect();
    assert!(parents[0] == parents[2] && parents[0] != parents[1], "{places:?}");
    assert!(!parents[..3].contains(&parents[3]), "{places:?}");
    assert_eq!(places[3].0 == std::process::id(), is_inline, "{places:?}");
    let kinds: Vec<LaneKind> = pool.lanes().into_iter().map(|(_, kind, _)| kind).collect();
    let last = if is_inline { LaneKind::Thread } else { LaneKind::Forked };
    assert_eq!(kinds, [LaneKind::Forked, LaneKind::Forked, LaneKind::Forked, last]);
}

#[test]
fn one_that_is_alone_shares_no_process() {
    let options = options();
    if options.isolation != Isolation::None || options.host_program.is_none() {
        return;
    }
    let root = folder(&[("app.py", PLACE)]);
    let mut functions = vec![function(root.path()); 3];
    functions[2].alone = true;
    // Not even if a layout says so.
    let together = Layout { inline: vec![0, 2], groups: vec![vec![0, 1, 2]], hosts: Vec::new() };
    for layout in [None, Some(together)] {
        let options = Options { layout, ..options.clone() };
        let mut pool = Pool::new(functions.clone(), options).unwrap();
        pool.prepare(true).unwrap();
        let places = places(&mut pool, 3);
        assert_ne!(places[2].0, std::process::id(), "{places:?}");
        assert!(places[..2].iter().all(|(_, parent)| *parent != places[2].1), "{places:?}");
    }
}

/// The processes of calls of the first functions, one after the other, and their parents.
fn places(pool: &mut Pool, count: u64) -> Vec<(u32, u32)> {
    let place = |function: u64| {
        pool.call(call(function, usize::try_from(function).unwrap(), "0"));
        let text = finish(pool, 1)[0].returned().to_owned();
        let (own, parent) = text.trim_matches('"').split_once(' ').unwrap();
        (own.parse().unwrap(), parent.parse().unwrap())
    };
    (0..count).map(place).collect()
}
