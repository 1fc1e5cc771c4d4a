//! What a function prints arrives whole, in order, and with the call that printed it.

use faastlane_lanes::{Event, Pool};

use super::harness::{REQUEST_ID, call, folder, function, options, run_code};

fn check(body: &str, log: &str) {
    let code = format!("import logging, os, sys\ndef handler(event, context):\n    {body}\n");
    let finished = run_code(&code, "{}");
    assert_eq!(finished.log, log, "{body}");
    assert_eq!(finished.log_tail.trim_end_matches('\n'), log.trim_end_matches('\n'));
}

#[test]
fn lines_come_in_the_order_of_writing() {
    check(
        "print('a'); print('b', file=sys.stderr); os.write(1, b'c\\n'); print('d')",
        "a\nb\nc\nd\n",
    );
    check("print('no newline', end='')", "no newline\n");
    check("print('é')", "é\n");
    check("pass", "");
}

#[test]
fn uncaught_errors_are_one_record() {
    let finished = run_code("def handler(event, context):\n    raise ValueError('bad')\n", "{}");
    let lines: Vec<_> = finished.log.trim_end().split('\r').collect();
    assert_eq!(lines[..2], ["[ERROR] ValueError: bad", "Traceback (most recent call last):"]);
    assert!(lines[2].starts_with("\u{a0}\u{a0}File \""), "{lines:?}");
    assert_eq!(lines[3..], ["\u{a0}\u{a0}\u{a0}\u{a0}raise ValueError('bad')"]);
    assert_eq!(finished.log.matches('\n').count(), 1);
}

#[test]
fn logging_is_set_up_as_on_lambda() {
    let code = "import logging\n\
        logging.basicConfig(level=logging.DEBUG, format='ignored')\n\
        def handler(event, context):\n    logging.info('hidden')\n    logging.warning('shown %d', 1)\n";
    let finished = run_code(code, "{}");
    let fields: Vec<_> = finished.log.trim_end().split('\t').collect();
    assert_eq!(fields.len(), 4, "{}", finished.log);
    assert_eq!((fields[0], fields[2], fields[3]), ("[WARNING]", REQUEST_ID, "shown 1"));
    let shape: String =
        fields[1].chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(shape, "0000-00-00T00:00:00.000Z");
}

#[test]
fn a_flood_neither_blocks_nor_is_kept() {
    let finished = run_code(
        "import sys\ndef handler(event, context):\n    for _ in range(200): sys.stdout.write('x' * 99999 + '\\n')\n    return 'done'\n",
        "{}",
    );
    assert_eq!(finished.returned(), r#""done""#);
    assert_eq!(finished.log.bytes().filter(|byte| *byte == b'x').count(), 200 * 99_999);
    assert_eq!(finished.log_tail.len(), 4096);
}

#[test]
fn lines_belong_to_their_call() {
    let code = "print('loading')\ndef handler(event, context): print(event)\n";
    let root = folder(&[("app.py", code)]);
    let mut pool = Pool::new(vec![function(root.path())], options()).unwrap();
    let mut seen = Vec::new();
    for id in 1..=2 {
        let mut call = call(id, 0, id.to_string());
        call.request_id = format!("request-{id}");
        pool.call(call);
        let mut events = Vec::new();
        while !events.iter().any(|event| matches!(event, Event::Finished { .. })) {
            pool.wait(None, &mut events).unwrap();
        }
        seen.extend(events.into_iter().map(|event| match event {
            Event::Log { request_id, text, .. } => (request_id, text),
            Event::Finished { log_tail, .. } => (None, format!("tail: {log_tail}")),
            Event::Placed { reason, .. } => panic!("runs elsewhere: {reason}"),
        }));
    }
    let owned = |id: Option<&str>, text: &str| (id.map(str::to_owned), text.to_owned());
    let expected = [
        owned(None, "loading\n"),
        owned(Some("request-1"), "1\n"),
        owned(None, "tail: 1\n"),
        owned(Some("request-2"), "2\n"),
        owned(None, "tail: 2\n"),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn a_failed_load_keeps_what_was_printed() {
    let finished = run_code("print('before')\nimport absent\n", "{}");
    assert!(finished.log_tail.starts_with("before\n[ERROR] Runtime.ImportModuleError: "));
    let finished = run_code("print('before')\nimport os\nos._exit(1)\n", "{}");
    assert_eq!(finished.log_tail, "before\n");
}
