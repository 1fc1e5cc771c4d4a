//! What a function does to its process, its memory, its children and its disk costs its own call: the
//! next one is answered.

use std::time::Duration;

use faastlane_lanes::{Options, Pool};
use tempfile::TempDir;

use super::harness::{Finished, call, finish, folder, function, options};
use super::warmth::wait_until_ended;

/// A pool with a function whose handler ends with this body, unless it has an event.
fn pool(body: &str, limit_mib: Option<u32>, timeout_s: u64, options: Options) -> (TempDir, Pool) {
    let code = format!(
        "import ctypes, os, random, signal, subprocess, sys, time\n\
         def handler(event, context):\n    if event: return 'well'\n{body}\n"
    );
    let root = folder(&[("app.py", &code)]);
    let mut function = function(root.path());
    function.memory_limit_mib = limit_mib;
    function.timeout = Duration::from_secs(timeout_s);
    (root, Pool::new(vec![function], options).unwrap())
}

/// Calls it once; and once more, which must go well.
fn run(body: &str, limit_mib: Option<u32>, timeout_s: u64) -> Finished {
    let (_root, mut pool) = pool(body, limit_mib, timeout_s, options());
    pool.call(call(1, 0, "{}"));
    let finished = finish(&mut pool, 1).remove(0);
    pool.call(call(2, 0, r#"{"again": true}"#));
    assert_eq!(finish(&mut pool, 1)[0].returned(), r#""well""#, "{body}");
    finished
}

fn check(body: &str, error_type: &str, message: &str) {
    let finished = run(body, None, 2);
    let (actual, payload) = finished.failed();
    assert_eq!(actual, error_type, "{body}: {payload}");
    assert!(payload.contains(message), "{body}: {payload}");
}

#[test]
fn a_function_that_takes_more_memory_than_it_may_is_killed() {
    for body in [
        // At once, and bit by bit.
        "    a = b'x' * (600 << 20); time.sleep(60)",
        "    a = []\n    while True: a.append(b'x' * 100_000)",
    ] {
        let finished = run(body, Some(128), 60);
        let (error_type, payload) = finished.failed();
        assert_eq!(error_type, "Runtime.ExitError", "{payload}");
        assert!(payload.contains("Error: Runtime exited with error: signal: killed"), "{payload}");
        assert!(finished.log.contains("its MemorySize is 128"), "{}", finished.log);
    }
}

#[test]
fn a_function_that_takes_less_goes_on() {
    let finished = run("    a = b'x' * (80 << 20); time.sleep(0.1); return len(a)", Some(128), 60);
    assert_eq!(finished.returned(), (80 << 20).to_string());
    let numpy = "    try: import numpy\n    except ImportError: return 1000\n    \
                 time.sleep(0.1); return int(numpy.ones((1000, 1000)).sum()) // 1000";
    assert_eq!(run(numpy, Some(128), 60).returned(), "1000");
}

/// More processes than Lambda allows, each of which would wait for a minute.
#[test]
fn a_function_that_forks_without_end_is_killed() {
    let finished = run("    for _ in range(12): os.fork()\n    time.sleep(60)", None, 50);
    let (error_type, payload) = finished.failed();
    assert_eq!(error_type, "Runtime.ExitError", "{payload}");
    assert!(finished.log.contains("more than 1024 processes and threads"), "{}", finished.log);
}

#[test]
fn a_stack_that_overflows_ends_the_call() {
    let overflow = "    F = ctypes.CFUNCTYPE(ctypes.c_int)\n    \
        callback = F(lambda: callback())\n    \
        sys.setrecursionlimit(10 ** 9)\n    \
        callback()";
    // Python itself aborts if it happens to notice.
    check(overflow, "Runtime.ExitError", "Runtime exited with error: signal: ");
}

#[test]
fn a_full_disk_is_the_functions_own_error() {
    let body = "    with open('/dev/full', 'w') as file: file.write('x')";
    check(body, "OSError", "No space left on device");
}

#[test]
fn a_worker_that_is_stopped_ends_at_its_timeout() {
    let body = "    subprocess.run(['kill', '-STOP', str(os.getpid())]); time.sleep(60)";
    check(body, "Sandbox.Timedout", "Task timed out after 2.00 seconds");
}

#[test]
fn workers_may_be_killed_at_any_moment() {
    let body = "    after = random.random() / 50\n    \
        subprocess.Popen(['sh', '-c', f'sleep {after}; kill -KILL {os.getpid()}'])\n    \
        time.sleep(random.random() / 50)\n    \
        return 'survived'";
    let (_root, mut pool) = pool(body, None, 60, options());
    (0..60).for_each(|id| pool.call(call(id, 0, "{}")));
    for finished in finish(&mut pool, 60) {
        if let faastlane_lanes::Outcome::Returned(_) = finished.outcome {
            assert_eq!(finished.returned(), r#""survived""#);
        } else {
            assert!(finished.failed().1.contains("signal: killed"), "{}", finished.failed().1);
        }
    }
    pool.call(call(60, 0, r#"{"again": true}"#));
    assert_eq!(finish(&mut pool, 1)[0].returned(), r#""well""#);
}

/// What forks no hosts any more is replaced; hosts that it has forked end with it.
#[test]
fn a_template_that_is_stopped_is_done_without() {
    let options = options();
    if options.host_program.is_none() {
        return;
    }
    let options = Options { init_timeout: Duration::from_secs(1), ..options };
    let body = "    if os.path.exists('stopped'): time.sleep(60)\n    \
        open('stopped', 'w').close()\n    \
        os.kill(os.getppid(), signal.SIGSTOP)";
    let (_root, mut pool) = pool(body, None, 60, options);
    pool.call(call(1, 0, "{}"));
    assert_eq!(finish(&mut pool, 1)[0].returned(), "null");
    // This one has the only host, and the other waits for one.
    pool.call(call(2, 0, "{}"));
    pool.call(call(3, 0, r#"{"again": true}"#));
    let mut finished = finish(&mut pool, 2);
    finished.sort_by_key(|finished| finished.id);
    assert!(finished[0].failed().1.contains("signal: killed"), "{}", finished[0].failed().1);
    assert_eq!(finished[1].returned(), r#""well""#);
    let reason = pool.lanes()[0].2.to_string();
    assert!(reason.contains("stands still"), "{reason}");
}

#[test]
fn children_end_with_their_process() {
    let body = "    for at in range(40):\n        \
            if os.fork() == 0:\n            \
                if at % 2 and os.path.exists('escape'): os.setsid()\n            \
                with open('new-%d' % at, 'w') as file: file.write(str(os.getpid()))\n            \
                os.rename('new-%d' % at, 'pid-%d' % at)\n            \
                time.sleep(60)\n    \
        while sum(name.startswith('pid') for name in os.listdir('.')) < 40: time.sleep(0.001)\n    \
        os._exit(1)";
    let (root, mut pool) = pool(body, None, 60, options());
    // Those in a session of their own are only found by templates.
    if options().host_program.is_some() {
        std::fs::write(root.path().join("escape"), "").unwrap();
    }
    pool.call(call(1, 0, "{}"));
    assert!(finish(&mut pool, 1)[0].failed().1.contains("exit status 1"));
    drop(pool);
    for at in 0..40 {
        let pid = std::fs::read_to_string(root.path().join(format!("pid-{at}"))).unwrap();
        wait_until_ended(&pid);
    }
}
