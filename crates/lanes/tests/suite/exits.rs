//! Processes that end, hang or misbehave cost their own call and nothing else.

use std::time::Duration;

use faastlane_lanes::{LAMBDA_RESPONSE_LIMIT, Options, Pool};

use crate::KIND;

use super::harness::{
    Kind, REQUEST_ID, assert_runs_as_asked, call, finish, folder, function, libpython, options,
    run, run_with,
};

/// The body of a handler; the platform's payload with this message is expected, and that the
/// function works again afterwards.
fn check(body: &str, error_type: &str, message: &str) {
    let message = format!("RequestId: {REQUEST_ID} Error: {message}");
    check_with(options(), 60, body, error_type, &message);
}

/// The same for handlers that never end by themselves.
fn check_timeout(body: &str) {
    let message = format!("RequestId: {REQUEST_ID} Error: Task timed out after 1.00 seconds");
    check_with(options(), 1, body, "Sandbox.Timedout", &message);
}

fn check_with(options: Options, timeout_s: u64, body: &str, error_type: &str, message: &str) {
    let code = format!(
        "import ctypes, os, signal, subprocess, sys, time\n\
         def handler(event, context):\n    if event: return 'well'\n    {body}\n"
    );
    let root = folder(&[("app.py", &code)]);
    let mut function = function(root.path());
    function.timeout = Duration::from_secs(timeout_s);
    let mut pool = Pool::new(vec![function], options).unwrap();
    pool.call(call(1, 0, "{}"));
    let finished = finish(&mut pool, 1).remove(0);
    assert_runs_as_asked(&pool);
    let (actual_type, payload) = finished.failed();
    assert_eq!(actual_type, error_type, "{body}: {payload}");
    let expected = format!(r#"{{"errorType":"{error_type}","errorMessage":"{message}"}}"#);
    assert_eq!(payload, expected, "{body}");
    pool.call(call(2, 0, r#"{"again": true}"#));
    assert_eq!(finish(&mut pool, 1)[0].returned(), r#""well""#);
}

#[test]
fn processes_that_end_are_told_by_how_they_ended() {
    let cases = [
        ("sys.exit(1)", "Runtime exited with error: exit status 1"),
        ("sys.exit('text')", "Runtime exited with error: exit status 1"),
        ("sys.exit(0)", "Runtime exited without providing a reason"),
        ("os._exit(3)", "Runtime exited with error: exit status 3"),
        ("os.abort()", "Runtime exited with error: signal: aborted"),
        ("ctypes.string_at(0)", "Runtime exited with error: signal: segmentation fault"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "Runtime exited with error: signal: killed"),
        (
            "os.kill(os.getpid(), signal.SIGTERM); time.sleep(9)",
            "Runtime exited with error: signal: terminated",
        ),
    ];
    for (body, message) in cases {
        check(body, "Runtime.ExitError", message);
    }
}

/// Where a gate stands before the function, somebody is left to tell what it did.
#[test]
fn faults_are_explained_in_the_log() {
    if KIND != Kind::Namespaces || libpython().is_none() {
        return;
    }
    let thread = "threading.Thread(target=ctypes.string_at, args=[64]).start(); time.sleep(60)";
    for (body, end) in
        [("ctypes.string_at(64)", "\n"), (thread, ", on a thread that it had started\n")]
    {
        let code =
            format!("import ctypes, threading, time\ndef handler(event, context):\n    {body}\n");
        let root = folder(&[("app.py", &code)]);
        let log = run(function(root.path()), "{}").log;
        let line =
            "[faastlane] function 'test' read memory at 0x40 that it may not touch (SIGSEGV)";
        assert!(log.contains(&format!("{line}{end}")), "{body}: {log}");
    }
}

/// Without its channel a portable worker can do nothing but end. The reply of a host lies in shared
/// memory, and is found there when the host ends because it cannot ring.
#[test]
fn a_function_that_closes_what_it_does_not_know() {
    if KIND == Kind::Portable {
        let exit = "Runtime exited with error: exit status 1";
        check("os.closerange(3, 10_000)", "Runtime.ExitError", exit);
        let kill = "Runtime exited with error: signal: killed";
        check("os.closerange(3, 10_000); time.sleep(60)", "Runtime.ExitError", kill);
        return;
    }
    let code =
        "import os\ndef handler(event, context):\n    os.closerange(3, 10_000)\n    return event\n";
    let root = folder(&[("app.py", code)]);
    let mut pool = Pool::new(vec![function(root.path())], options()).unwrap();
    for event in ["1", "2"] {
        pool.call(call(1, 0, event));
        assert_eq!(finish(&mut pool, 1)[0].returned(), event);
    }
    assert_eq!(pool.workers_started(), 2);
}

#[test]
fn exits_while_loading_are_told_the_same_way() {
    let root = folder(&[("app.py", "import sys\nsys.exit(4)\n")]);
    let finished = run(function(root.path()), "{}");
    assert!(finished.failed().1.contains("Runtime exited with error: exit status 4"));
}

#[test]
fn handlers_that_hang_are_stopped_at_their_timeout() {
    check_timeout("time.sleep(60)");
    check_timeout("while True: pass");
    check_timeout("signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)");
    check_timeout("subprocess.run(['sleep', '60'])");
    // Nothing in Python can interrupt it.
    check_timeout("sum(range(10 ** 15))");
}

/// Only a portable worker has a channel for bytes. That a host's memory is read with care is tested
/// where it is read.
#[test]
fn bytes_that_are_not_a_reply_end_the_worker() {
    if KIND != Kind::Portable {
        return;
    }
    let broke =
        |what| format!("the function's process broke the connection to the runtime ({what})");
    let to_channel = "c = max(int(n) for n in os.listdir('/proc/self/fd') if os.path.exists('/proc/self/fd/' + n));";
    check(
        &format!("{to_channel} os.write(c, b'Traceback (most recent call last):'); time.sleep(60)"),
        "Runtime.ExitError",
        &broke("unknown kind of reply"),
    );
    check(
        &format!("{to_channel} os.write(c, b'\\x03' + b'\\0' * 7 + b'\\xff' * 16); time.sleep(60)"),
        "Runtime.ExitError",
        &broke("impossible length"),
    );
    check(
        &format!("{to_channel} os.write(c, b'\\x01' + b'\\0' * 23); time.sleep(60)"),
        "Runtime.ExitError",
        &broke("a reply that nobody asked for"),
    );
}

#[test]
fn a_worker_that_breaks_while_idle_is_replaced() {
    let code = "import os, threading\n\
        def handler(event, context):\n    \
            threading.Timer(0.05, os._exit, [9]).start()\n    \
            return os.getpid()\n";
    let root = folder(&[("app.py", code)]);
    let mut pool = Pool::new(vec![function(root.path())], options()).unwrap();
    pool.call(call(1, 0, "{}"));
    finish(&mut pool, 1);
    // Waits until the pool has noticed.
    while pool.workers_alive() > 0 {
        let soon = std::time::Instant::now() + Duration::from_millis(20);
        pool.wait(Some(soon), &mut Vec::new()).unwrap();
    }
    pool.call(call(2, 0, "{}"));
    finish(&mut pool, 1)[0].returned();
}

#[test]
fn standard_streams_may_be_closed() {
    for body in
        ["os.close(1); os.close(2)", "sys.stdout.close(); sys.stderr.close()", "sys.stdout = None"]
    {
        let code =
            format!("import os, sys\ndef handler(event, context):\n    {body}\n    return 1\n");
        let root = folder(&[("app.py", &code)]);
        assert_eq!(run(function(root.path()), "{}").returned(), "1", "{body}");
        let code = format!(
            "import os, sys\ndef handler(event, context):\n    {body}\n    raise ValueError\n"
        );
        let root = folder(&[("app.py", &code)]);
        assert_eq!(run(function(root.path()), "{}").failed().0, "ValueError", "{body}");
    }
}

#[test]
fn a_module_that_loads_too_slowly_is_loaded_once_more_within_the_timeout() {
    let options = Options { init_timeout: Duration::from_millis(200), ..options() };
    let root = folder(&[("app.py", "import time\ntime.sleep(60)\n")]);
    let mut slow = function(root.path());
    slow.timeout = Duration::from_millis(500);
    let finished = run_with(options, slow, "{}");
    let (error_type, payload) = finished.failed();
    assert_eq!(error_type, "Sandbox.Timedout");
    assert!(payload.contains("Task timed out after 0.50 seconds"));
}

#[test]
fn a_module_that_loads_slowly_only_once_is_no_failure() {
    let code = "import os, time\n\
        if not os.path.exists('seen'):\n    \
            open('seen', 'w').close()\n    \
            time.sleep(60)\n\
        def handler(event, context): return 'loaded'\n";
    let root = folder(&[("app.py", code)]);
    let options = Options { init_timeout: Duration::from_secs(2), ..options() };
    assert_eq!(run_with(options, function(root.path()), "{}").returned(), r#""loaded""#);
}

#[test]
fn large_results_are_refused_only_under_a_limit() {
    let body = format!("return 'x' * {}", 8 << 20);
    let limited = Options { response_limit: Some(LAMBDA_RESPONSE_LIMIT), ..options() };
    check_with(
        limited,
        60,
        &body,
        "Function.ResponseSizeTooLarge",
        "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    );
    let root = folder(&[("app.py", &format!("def handler(event, context): {body}"))]);
    assert_eq!(run(function(root.path()), "{}").returned().len(), (8 << 20) + 2);
}
