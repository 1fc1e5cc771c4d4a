//! Where the lane differs from `awslambdaric` on purpose, and why. Each is held by a test, so that
//! the list neither grows unseen nor grows old.

use crate::case::{Answer, Case, Seen};
use crate::harness::Kind;
use crate::{packages, run};

/// The lane answers with this in place of what `awslambdaric` says.
fn check(case: Case, ours: &str, theirs: &str) {
    check_each(case, |_| ours, theirs);
}

/// The same for lanes of which each kind has an answer of its own.
fn check_each<'a>(case: Case, ours: impl Fn(Kind) -> &'a str, theirs: &str) {
    let Some(packages) = packages() else { return };
    let (seen, oracle) = run(packages, &case);
    for (kind, seen) in &seen {
        let ours = ours(*kind);
        assert!(text(seen).contains(ours), "{kind:?} lane: {seen:#?}");
        assert!(!text(&oracle).contains(ours), "no difference any more: {oracle:#?}");
    }
    assert!(text(&oracle).contains(theirs), "awslambdaric: {oracle:#?}");
}

fn text(seen: &Seen) -> &str {
    match seen.answers.as_slice() {
        [Answer::Returned(text) | Answer::Failed(text)] => text,
        answers => panic!("{answers:?}"),
    }
}

/// The frame that calls the handler is a line of the runtime, in a file that is not there. Nobody
/// learns anything from it, so it is left out.
#[test]
fn a_handler_that_cannot_be_called_shows_no_frame_of_the_runtime() {
    let theirs = "bootstrap.py";
    let ours = r#""stackTrace": []"#;
    check(Case::code("def handler(): pass\n"), ours, theirs);
    check(Case::code("def handler(a, b, c): pass\n"), ours, theirs);
    check(Case::code("handler = 1\n"), ours, theirs);
}

/// `main(params)` of OpenWhisk runs here as well; on Lambda it is an error.
#[test]
fn a_handler_may_take_the_event_alone() {
    let theirs = "takes 1 positional argument but 2 were given";
    check(Case::code("def handler(event): return 'called'\n"), "called", theirs);
}

/// A frame between two of the user's, or of the standard library's, stays; it has another name.
#[test]
fn frames_of_the_runtime_itself_have_another_name() {
    let body = "logging.warning('bad %d', 'format')";
    check(Case::body(body), "<faastlane runner>", "awslambdaric/bootstrap.py");
}

/// Fewer frames are above a handler, so recursion goes a little deeper.
#[test]
fn fewer_frames_are_above_a_handler() {
    // In a host, native code calls the handler.
    let frames = |kind| if kind == Kind::Portable { "4" } else { "1" };
    check_each(Case::body("import inspect; return len(inspect.stack(0))"), frames, "7");
}

/// Events come from the engine, which writes nothing but JSON, so the words for what is wrong with
/// one are those of Python's own `json`. Whether something is wrong, both agree on.
#[test]
fn words_for_events_that_are_not_json() {
    let cases = [
        ("{oops", "double quotes: line", "double quotes or '}': line"),
        ("[1, 2", "Expecting ',' delimiter: line", "Expecting ',' delimiter or ']': line"),
        ("1 2", "(char 2)\"", "(char 2 - 3)"),
        (r#""\x""#, "Invalid \\\\escape: ", "Invalid \\\\X escape sequence 'x': "),
    ];
    for (event, ours, theirs) in cases {
        check(Case::body("return 1").events(&[event]), ours, theirs);
    }
}

/// Python's own words for a result that is nested too deeply, which are `json`'s here and
/// `simplejson`'s there, and change with the version of Python.
#[test]
fn words_for_results_that_are_too_deep() {
    let Some(packages) = packages() else { return };
    let body = "value = []\nfor _ in range(100000): value = [value]\nreturn value";
    let (seen, oracle) = run(packages, &Case::body(body));
    for seen in seen.iter().map(|(_, seen)| seen).chain([&oracle]) {
        assert!(text(seen).contains("Unable to marshal response: maximum recursion"), "{seen:#?}");
    }
}
