//! The times of a call say where it spent them.

use std::time::Duration;

use faastlane_lanes::{Options, Pool, Times};

use super::harness::{self, call, finish, folder, function, options, run_code};

/// The parts are in order; gives the time of the handler.
#[track_caller]
fn function_time(times: Times) -> Option<Duration> {
    let Times { called, started, ended, function } = times;
    assert!(called <= ended);
    let Some(started) = started else {
        assert_eq!(function, None);
        return None;
    };
    assert!(called <= started && started <= ended, "{times:?}");
    assert!(function <= Some(ended - started), "{times:?}");
    function
}

fn check(body: &str, at_least: Option<Duration>) {
    let code = format!("import os, time\ndef handler(event, context):\n    {body}\n");
    let finished = run_code(&code, "{}");
    let function = function_time(finished.times);
    assert_eq!(function.is_some(), at_least.is_some(), "{body}");
    assert!(function >= at_least, "{body}: {function:?}");
}

#[test]
fn the_handlers_own_time_is_known_when_it_came_to_an_end() {
    let some = Some(Duration::from_millis(30));
    check("time.sleep(0.03)", some);
    check("time.sleep(0.03); raise ValueError", some);
    check("time.sleep(0.03); return {1}", some);
    check("time.perf_counter_ns = lambda: 0; time.sleep(0.03)", some);
    check("os._exit(1)", None);
}

#[test]
fn waiting_is_no_time_of_the_handler() {
    let code = "import time\ndef handler(event, context): time.sleep(0.05)\n";
    let root = folder(&[("app.py", code)]);
    let one = Options { max_workers: 1, ..options() };
    let mut pool = Pool::new(vec![function(root.path())], one).unwrap();
    (0..3).for_each(|id| pool.call(call(id, 0, "{}")));
    let times: Vec<_> = finish(&mut pool, 3).iter().map(|finished| finished.times).collect();
    times.iter().for_each(|times| assert!(function_time(*times).is_some()));
    for (before, after) in times.iter().zip(&times[1..]) {
        assert!(before.ended <= after.started.unwrap());
        assert!(after.called < before.started.unwrap());
    }
}

#[test]
fn a_call_that_no_worker_gets_has_not_started() {
    for code in ["import absent", "raise ValueError", "import os; os._exit(1)"] {
        let times = run_code(code, "{}").times;
        assert_eq!((times.started, function_time(times)), (None, None), "{code}");
    }
    let root = folder(&[]);
    let mut without_python = function(root.path());
    without_python.python = "/nowhere/python3".into();
    assert_eq!(harness::run(without_python, "{}").times.started, None);
}
