//! How many workers there are, how long they live, and that none survives its pool.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use faastlane_lanes::{CallId, FunctionIndex, Options, Pool};

use super::harness::{call, finish, folder, function, options};

const RETURN_PID: &str = "import os, time\ndef handler(event, context):\n    time.sleep(event)\n    return os.getpid()\n";

#[test]
fn a_worker_is_reused() {
    let root = folder(&[("app.py", RETURN_PID)]);
    let mut pool = Pool::new(vec![function(root.path())], options()).unwrap();
    for id in 0..20 {
        pool.call(call(id, 0, "0"));
        finish(&mut pool, 1)[0].returned();
    }
    assert_eq!((pool.workers_started(), pool.workers_alive()), (1, 1));
}

/// And what cannot be loaded says so without a call.
#[test]
fn a_module_is_loaded_without_a_call_and_its_worker_is_reused() {
    let root = folder(&[("app.py", RETURN_PID)]);
    let broken = folder(&[("app.py", "import no_such_module\n")]);
    let functions = vec![function(root.path()), function(broken.path())];
    let mut pool = Pool::new(functions, options()).unwrap();
    pool.load(CallId(1), FunctionIndex(0));
    assert_eq!(finish(&mut pool, 1)[0].returned(), "null");
    pool.call(call(2, 0, "0"));
    assert_ne!(finish(&mut pool, 1)[0].returned(), "null");
    assert_eq!(pool.workers_started(), 1);
    pool.load(CallId(3), FunctionIndex(1));
    assert_eq!(finish(&mut pool, 1)[0].failed().0, "Runtime.ImportModuleError");
}

#[test]
fn two_hundred_sleepers_end_up_side_by_side() {
    let root = folder(&[("app.py", RETURN_PID)]);
    let mut pool = Pool::new(vec![function(root.path())], options()).unwrap();
    for round in 0..2 {
        (0..200).for_each(|id| pool.call(call(id, 0, "0.1")));
        let finished = finish(&mut pool, 200);
        finished.iter().for_each(|finished| drop(finished.returned().to_owned()));
        assert!(pool.workers_started() <= 200, "round {round}");
    }
    assert!(pool.workers_alive() > 8, "{} workers", pool.workers_alive());
}

#[test]
fn fifty_large_events_and_results_pass_at_the_same_time() {
    let code = "def handler(event, context): return event\n";
    let root = folder(&[("app.py", code)]);
    let mut pool = Pool::new(vec![function(root.path())], options()).unwrap();
    let event = format!("\"{}\"", "x".repeat(5_000_000));
    (0..50).for_each(|id| pool.call(call(id, 0, event.clone())));
    assert!(finish(&mut pool, 50).iter().all(|finished| finished.returned() == event));
}

#[test]
fn calls_that_wait_for_each_other_all_run() {
    // Each call waits until all sixteen have begun.
    let code = "import os, time\n\
        def handler(event, context):\n    \
            open('begun-%d' % event, 'w').close()\n    \
            while sum(name.startswith('begun') for name in os.listdir('.')) < 16: time.sleep(0.001)\n    \
            return event\n";
    let root = folder(&[("app.py", code)]);
    let mut pool = Pool::new(vec![function(root.path())], options()).unwrap();
    (0..16).for_each(|id| pool.call(call(id, 0, id.to_string())));
    assert_eq!(finish(&mut pool, 16).len(), 16);
    assert_eq!(pool.workers_started(), 16);
}

#[test]
fn the_number_of_workers_is_limited_and_the_idle_make_room() {
    let root = folder(&[("app.py", RETURN_PID)]);
    let functions = vec![function(root.path()); 4];
    let limited = Options { max_workers: 2, grow_after: Duration::ZERO, ..options() };
    let mut pool = Pool::new(functions, limited).unwrap();
    for id in 0..16 {
        pool.call(call(id, usize::try_from(id % 4).unwrap(), "0.01"));
        assert!(pool.workers_alive() <= 2);
    }
    assert_eq!(finish(&mut pool, 16).len(), 16);
    assert!(pool.workers_alive() <= 2);
}

#[test]
fn a_cancelled_call_is_never_heard_of_again() {
    let root = folder(&[("app.py", RETURN_PID)]);
    let mut pool =
        Pool::new(vec![function(root.path())], Options { vcpus: 1, ..options() }).unwrap();
    pool.call(call(1, 0, "0"));
    finish(&mut pool, 1);
    pool.call(call(2, 0, "60")); // Runs.
    pool.call(call(3, 0, "60")); // Waits.
    pool.cancel(CallId(2));
    pool.cancel(CallId(3));
    pool.cancel(CallId(99));
    pool.call(call(4, 0, "0"));
    let finished = finish(&mut pool, 1);
    assert_eq!(finished[0].id, 4);
    finished[0].returned();
}

#[test]
fn waiting_ends_at_its_time_or_when_woken() {
    let mut pool = Pool::new(Vec::new(), options()).unwrap();
    let mut events = Vec::new();
    pool.wait(Some(Instant::now()), &mut events).unwrap();
    pool.waker().wake();
    pool.wait(None, &mut events).unwrap();
    let waker = pool.waker();
    std::thread::scope(|scope| {
        scope.spawn(move || waker.wake());
        pool.wait(None, &mut events).unwrap();
    });
    assert_eq!(events, []);
}

#[test]
fn calls_that_compute_do_not_get_more_workers_than_processors() {
    let code = "import time\n\
        def handler(event, context):\n    \
            end = time.process_time() + 0.02\n    \
            while time.process_time() < end: pass\n";
    let root = folder(&[("app.py", code)]);
    let one = Options { vcpus: 1, ..options() };
    let mut pool = Pool::new(vec![function(root.path())], one).unwrap();
    (0..40).for_each(|id| pool.call(call(id, 0, "0")));
    finish(&mut pool, 40);
    // Without the rule there would be dozens; a sample may catch a worker between two calls.
    assert!(pool.workers_started() <= 4, "{}", pool.workers_started());
}

#[test]
fn functions_that_are_called_together_load_a_few_at_a_time() {
    // Returns how many modules were being loaded when this one was.
    let code = "import os, time\n\
        mark = 'loading-' + os.urandom(8).hex()\n\
        open(mark, 'w').close()\n\
        end = time.process_time() + 0.05\n\
        while time.process_time() < end: pass\n\
        together = sum(name.startswith('loading') for name in os.listdir('.'))\n\
        os.remove(mark)\n\
        def handler(event, context): return together\n";
    let root = folder(&[("app.py", code)]);
    let mut pool = Pool::new(vec![function(root.path()); 40], options()).unwrap();
    (0..40).for_each(|index| pool.call(call(0, index, "0")));
    let finished = finish(&mut pool, 40);
    let most = finished.iter().map(|finished| finished.returned().parse::<u32>().unwrap()).max();
    // Two, and now and then one more that is not computing when it is looked at.
    assert!(most < Some(20), "{most:?}");
}

#[test]
fn every_function_gets_its_turn_at_the_limit() {
    let root = folder(&[("app.py", RETURN_PID)]);
    let functions = vec![function(root.path()); 2];
    let mut pool = Pool::new(functions, Options { max_workers: 1, ..options() }).unwrap();
    pool.call(call(0, 0, "0"));
    pool.call(call(1, 1, "0"));
    // The first function always has something to do; the second must come before its last call.
    let mut order = Vec::new();
    for id in 2..10 {
        pool.call(call(id, 0, "0"));
        order.push(finish(&mut pool, 1)[0].id);
    }
    assert_eq!(order[..3], [0, 1, 2]);
}

const BUSY_WITH_CHILD: &str = "import os, subprocess, time\n\
    def handler(event, context):\n    \
        child = subprocess.Popen(['sleep', '60'])\n    \
        with open('pids.new', 'w') as file: file.write('%d %d' % (os.getpid(), child.pid))\n    \
        os.rename('pids.new', 'pids')\n    \
        time.sleep(60)\n";

#[test]
fn nothing_survives_the_pool() {
    let root = folder(&[("app.py", BUSY_WITH_CHILD)]);
    let mut pool = Pool::new(vec![function(root.path())], options()).unwrap();
    pool.call(call(1, 0, "0"));
    let pids = wait_for_pids(root.path(), || {
        pool.wait(Some(Instant::now() + Duration::from_millis(5)), &mut Vec::new()).unwrap();
    });
    drop(pool);
    let [worker, child] = pids.as_slice() else { panic!("two processes") };
    assert!(!Path::new("/proc").join(worker).exists());
    wait_until_ended(child);
}

#[test]
fn workers_die_with_a_parent_that_is_killed() {
    let root = folder(&[("app.py", BUSY_WITH_CHILD)]);
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "suite::warmth::run_until_killed"])
        .env("FAASTLANE_TEST_ROOT", root.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let pids = wait_for_pids(root.path(), std::thread::yield_now);
    parent.kill().unwrap();
    parent.wait().unwrap();
    wait_until_ended(&pids[0]);
    Command::new("kill").arg(&pids[1]).status().unwrap();
}

#[test]
#[ignore = "a helper of workers_die_with_a_parent_that_is_killed"]
fn run_until_killed() {
    let Ok(root) = std::env::var("FAASTLANE_TEST_ROOT") else { return };
    let mut pool = Pool::new(vec![function(Path::new(&root))], options()).unwrap();
    pool.call(call(1, 0, "0"));
    finish(&mut pool, 1);
}

fn wait_for_pids(root: &Path, mut meanwhile: impl FnMut()) -> Vec<String> {
    loop {
        if let Ok(text) = std::fs::read_to_string(root.join("pids")) {
            return text.split(' ').map(str::to_owned).collect();
        }
        meanwhile();
    }
}

/// Ended, though perhaps still a zombie: whoever adopts orphans here may not wait for them.
pub(super) fn wait_until_ended(pid: &str) {
    let status = Path::new("/proc").join(pid).join("status");
    while std::fs::read_to_string(&status).is_ok_and(|text| !text.contains("State:\tZ")) {
        std::thread::yield_now();
    }
}
