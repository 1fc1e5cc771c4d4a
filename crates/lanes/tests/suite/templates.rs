//! Functions that do not fit into a lane host go elsewhere and answer as if nothing had happened; what
//! happens to a template costs no more than its own workers.

use std::time::Duration;

use faastlane_lanes::{HostProgram, LaneKind, Options, Pool, Reason};

use crate::KIND;

use super::harness::{Kind, call, finish, folder, function, options};

const GOOD: &str = "def handler(event, context): return event\n";

/// Its thread doubles numbers.
const THREADS: &str = "import queue, threading\n\
    numbers, doubled = queue.Queue(), queue.Queue()\n\
    def work():\n    \
        while True: doubled.put(2 * numbers.get())\n\
    threading.Thread(target=work, daemon=True).start()\n\
    def handler(event, context):\n    \
        numbers.put(event)\n    \
        return doubled.get()\n";

/// Returns what the signal handler has noted.
const SIGNALS: &str = "import os, signal\n\
    noted = []\n\
    signal.signal(signal.SIGUSR1, lambda number, frame: noted.append(number))\n\
    def handler(event, context):\n    \
        os.kill(os.getpid(), signal.SIGUSR1)\n    \
        return noted == [signal.SIGUSR1]\n";

const CRASHES: &str = "import ctypes\nctypes.string_at(0)\n";

/// Runs a function among two that are good. What it answers to `1`, and the kinds of all lanes.
fn run_among_others(code: &str) -> (String, Vec<(LaneKind, Reason)>) {
    let roots = [GOOD, code, GOOD].map(|code| folder(&[("app.py", code)]));
    let functions = roots.iter().map(|root| function(root.path())).collect();
    let mut pool = Pool::new(functions, options()).unwrap();
    pool.call(call(1, 1, "1"));
    let finished = finish(&mut pool, 1).remove(0);
    for index in [0, 2] {
        pool.call(call(2, index, "2"));
        assert_eq!(finish(&mut pool, 1)[0].returned(), "2");
    }
    let answer = match &finished.outcome {
        faastlane_lanes::Outcome::Returned(_) => finished.returned(),
        faastlane_lanes::Outcome::Failed { .. } => finished.failed().1,
    };
    let lanes = pool.lanes().into_iter().map(|(_, kind, reason)| (kind, reason));
    (answer.to_owned(), lanes.collect())
}

/// The function answers like this, in a lane of this kind if not all are portable, and the others
/// keep theirs.
fn check(code: &str, answer: &str, kind: LaneKind, because: &str) {
    let (actual, lanes) = run_among_others(code);
    assert!(actual.contains(answer), "{actual}");
    if options().host_program.is_none() {
        assert!(lanes.iter().all(|(kind, _)| *kind == LaneKind::Portable));
        return;
    }
    let (actual, reason) = &lanes[1];
    assert_eq!(*actual, kind, "{reason}");
    assert!(reason.to_string().contains(because), "{reason}");
    for (kind, reason) in [&lanes[0], &lanes[2]] {
        assert_eq!(*kind, LaneKind::Forked, "{reason}");
    }
}

#[test]
fn threads_of_a_module_are_not_lost() {
    check(THREADS, "2", LaneKind::Portable, "its module starts threads");
}

#[test]
fn signals_find_their_function() {
    let because = if KIND == Kind::Process { "as asked" } else { "its module handles signals" };
    check(SIGNALS, "true", LaneKind::Forked, because);
}

#[test]
fn a_module_that_crashes_is_tried_in_its_own_python() {
    let answer = "signal: segmentation fault";
    check(CRASHES, answer, LaneKind::Portable, "lane host that loads its module ends");
}

#[test]
fn a_module_that_does_not_load_harms_no_other() {
    let because = if KIND == Kind::Process { "as asked" } else { "could not be loaded" };
    check("import absent\n", "No module named 'absent'", LaneKind::Forked, because);
}

#[test]
fn a_module_that_hangs_harms_no_other() {
    let hangs = "import time\ntime.sleep(60)\n";
    let roots = [GOOD, hangs].map(|code| folder(&[("app.py", code)]));
    let mut functions: Vec<_> = roots.iter().map(|root| function(root.path())).collect();
    functions[1].timeout = Duration::from_secs(1);
    let options = Options { init_timeout: Duration::from_secs(2), ..options() };
    let mut pool = Pool::new(functions, options).unwrap();
    pool.call(call(0, 0, "0"));
    pool.call(call(1, 1, "1"));
    let mut finished = finish(&mut pool, 2);
    finished.sort_by_key(|finished| finished.id);
    assert_eq!(finished[0].returned(), "0");
    assert_eq!(finished[1].failed().0, "Sandbox.Timedout");
}

#[test]
fn a_program_that_is_no_lane_host_is_done_without() {
    for path in ["/bin/false", "/nowhere"] {
        let root = folder(&[("app.py", GOOD)]);
        let program = HostProgram { path: path.into(), arguments: Vec::new() };
        let host_program = options().host_program.map(|_| program);
        let options = Options { host_program, ..options() };
        let mut pool = Pool::new(vec![function(root.path())], options).unwrap();
        pool.call(call(1, 0, "1"));
        assert_eq!(finish(&mut pool, 1)[0].returned(), "1", "{path}");
        assert_eq!(pool.lanes()[0].1, LaneKind::Portable);
    }
}

#[test]
fn a_template_that_is_killed_is_replaced() {
    if options().host_program.is_none() {
        return;
    }
    let code = "import os, signal, time\n\
        def handler(event, context):\n    \
            if not event: return 'well'\n    \
            os.kill(os.getppid(), signal.SIGKILL)\n    \
            time.sleep(60)\n";
    let root = folder(&[("app.py", code)]);
    let mut pool = Pool::new(vec![function(root.path())], options()).unwrap();
    pool.call(call(1, 0, "1"));
    let finished = finish(&mut pool, 1).remove(0);
    assert!(finished.failed().1.contains("signal: killed"), "{}", finished.failed().1);
    pool.call(call(2, 0, "0"));
    assert_eq!(finish(&mut pool, 1)[0].returned(), r#""well""#);
    assert_eq!(pool.lanes()[0].1, LaneKind::Forked);
}

#[test]
fn forks_draw_their_own_random_numbers() {
    let code = "import random, time\ndef handler(event, context):\n    time.sleep(0.2)\n    return random.random()\n";
    let root = folder(&[("app.py", code)]);
    let mut pool = Pool::new(vec![function(root.path())], options()).unwrap();
    (0..2).for_each(|id| pool.call(call(id, 0, "0")));
    let finished = finish(&mut pool, 2);
    assert_eq!(pool.workers_started(), 2);
    assert_ne!(finished[0].returned(), finished[1].returned());
}

#[test]
fn a_host_with_several_functions_serves_them_in_turn() {
    let code = |name| {
        format!(
            "n = 0\ndef handler(event, context):\n    global n\n    n += 1\n    print(context.function_name)\n    return ['{name}', n]\n"
        )
    };
    let roots = ["a", "b", "c"].map(|name| folder(&[("app.py", &code(name))]));
    let functions = ["a", "b", "c"].iter().zip(&roots).map(|(name, root)| {
        let mut function = function(root.path());
        (*name).clone_into(&mut function.name);
        function
    });
    let mut pool = Pool::new(functions.collect(), options()).unwrap();
    for round in 1..4 {
        for (index, name) in ["a", "b", "c"].iter().enumerate() {
            pool.call(call(1, index, "0"));
            let finished = finish(&mut pool, 1).remove(0);
            assert_eq!(finished.returned(), format!(r#"["{name}", {round}]"#));
            assert_eq!(finished.log, format!("{name}\n"));
        }
    }
    let is_shared = KIND == Kind::Namespaces && options().host_program.is_some();
    assert_eq!(pool.workers_started(), if is_shared { 1 } else { 3 });
}
