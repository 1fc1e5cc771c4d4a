//! What a handler that raises, or cannot be loaded, looks like to its caller.

use faastlane_lanes::Handler;

use super::harness::{self, REQUEST_ID, folder, function, run, run_code};

/// The payload's members after `errorMessage` and `errorType` are `requestId` and `stackTrace`.
fn check_raise(code: &str, error_type: &str, message: &str, stack: &str) {
    let finished = run_code(code, "{}");
    let expected = format!(
        r#"{{"errorMessage": "{message}", "errorType": "{error_type}", "requestId": "{REQUEST_ID}", "stackTrace": {stack}}}"#
    );
    let (actual_type, payload) = finished.failed();
    // The folder has another name each time.
    let folder = payload.find("\\\"/").map(|at| &payload[at + 2..]).unwrap_or_default();
    let folder = folder.find("/app.py").map_or("", |end| &folder[..end]);
    let payload =
        if folder.is_empty() { payload.to_owned() } else { payload.replace(folder, "ROOT") };
    assert_eq!((actual_type, payload.as_str()), (error_type, expected.as_str()));
}

#[test]
fn exceptions_become_payloads() {
    check_raise(
        "def handler(event, context):\n    raise ValueError('bad \"value\"')\n",
        "ValueError",
        r#"bad \"value\""#,
        r#"["  File \"ROOT/app.py\", line 2, in handler\n    raise ValueError('bad \"value\"')\n"]"#,
    );
    check_raise(
        "def f(): return {}['a']\ndef handler(event, context): return f()\n",
        "KeyError",
        "'a'",
        r#"["  File \"ROOT/app.py\", line 2, in handler\n    def handler(event, context): return f()\n", "  File \"ROOT/app.py\", line 1, in f\n    def f(): return {}['a']\n"]"#,
    );
    check_raise(
        "class Bad(Exception): pass\ndef handler(event, context): raise Bad\n",
        "Bad",
        "",
        r#"["  File \"ROOT/app.py\", line 2, in handler\n    def handler(event, context): raise Bad\n"]"#,
    );
}

#[test]
fn a_wrong_number_of_parameters_shows_no_frame_of_ours() {
    check_raise(
        "def handler(): pass\n",
        "TypeError",
        "handler() takes 0 positional arguments but 2 were given",
        "[]",
    );
}

#[test]
fn an_error_leaves_the_worker_alive() {
    let root = folder(&[(
        "app.py",
        "calls = 0\n\
         def handler(event, context):\n    global calls\n    calls += 1\n    if calls == 1: 1 / 0\n    return calls\n",
    )]);
    let mut pool =
        faastlane_lanes::Pool::new(vec![function(root.path())], harness::options()).unwrap();
    pool.call(harness::call(1, 0, "{}"));
    assert_eq!(harness::finish(&mut pool, 1)[0].failed().0, "ZeroDivisionError");
    pool.call(harness::call(2, 0, "{}"));
    assert_eq!(harness::finish(&mut pool, 1)[0].returned(), "2");
}

/// Loads `handler` from these files; the error has this type and a message that begins like this.
fn check_load(files: &[(&str, &str)], handler: &str, error_type: &str, message: &str) {
    let root = folder(files);
    let mut function = function(root.path());
    function.handler = Handler::Named(handler.to_owned());
    let finished = run(function, "{}");
    let (actual_type, payload) = finished.failed();
    assert_eq!(actual_type, error_type, "{payload}");
    let start = format!(r#"{{"errorMessage": "{message}"#);
    assert!(payload.starts_with(&start), "{payload}\nshould start with\n{start}");
    assert!(
        payload.contains(&format!(
            r#"", "errorType": "{error_type}", "requestId": "", "stackTrace": ["#
        ))
    );
    assert!(finished.log.starts_with(&format!("[ERROR] {error_type}: ")), "{}", finished.log);
}

#[test]
fn load_problems_have_the_names_that_lambda_gives_them() {
    let good = ("app.py", "def handler(event, context): return 1\n");
    let file = |text| [("app.py", text)];
    check_load(
        &[],
        "app.handler",
        "Runtime.ImportModuleError",
        "Unable to import module 'app': No module named 'app'\"",
    );
    check_load(
        &file("import absent"),
        "app.handler",
        "Runtime.ImportModuleError",
        "Unable to import module 'app': No module named 'absent'\"",
    );
    check_load(
        &file("def handler(:\n"),
        "app.handler",
        "Runtime.UserCodeSyntaxError",
        "Syntax error in module 'app': invalid syntax (app.py, line 1)\"",
    );
    check_load(
        &[good],
        "app.other",
        "Runtime.HandlerNotFound",
        "Handler 'other' missing on module 'app'\"",
    );
    check_load(
        &[good],
        "app",
        "Runtime.MalformedHandlerName",
        "Bad handler 'app': not enough values to unpack",
    );
    check_load(
        &[good],
        "sys.handler",
        "Runtime.BuiltInModuleConflict",
        "Cannot use built-in module sys as a handler module\"",
    );
    check_load(&file("raise LookupError('at load')"), "app.handler", "LookupError", "at load\"");
}

#[test]
fn a_syntax_error_names_file_and_line() {
    let finished = run_code("x = 1\ndef handler(:\n", "{}");
    let payload = finished.failed().1;
    assert!(payload.contains(r#"app.py\" Line 2\n    def handler(:\n"]"#), "{payload}");
}

#[test]
fn every_call_learns_that_the_module_does_not_load() {
    let root = folder(&[("app.py", "import absent")]);
    let mut pool =
        faastlane_lanes::Pool::new(vec![function(root.path())], harness::options()).unwrap();
    (0..5).for_each(|id| pool.call(harness::call(id, 0, "{}")));
    for finished in harness::finish(&mut pool, 5) {
        assert_eq!(finished.failed().0, "Runtime.ImportModuleError");
    }
}

#[test]
fn a_python_that_is_not_there_fails_the_call() {
    let root = folder(&[]);
    let mut without_python = function(root.path());
    without_python.python = "/nowhere/python3".into();
    let finished = run(without_python, "{}");
    let (error_type, payload) = finished.failed();
    assert_eq!(error_type, "Runtime.InvalidEntrypoint");
    assert!(payload.contains("cannot start '/nowhere/python3': No such file"), "{payload}");

    let finished = run(function(&root.path().join("absent")), "{}");
    assert!(finished.failed().1.contains("is missing or not a folder"));
}

#[test]
fn non_ascii_in_errors_follows_the_runtime() {
    let root = folder(&[("app.py", "def handler(event, context): raise ValueError('é')\n")]);
    for (runtime, text) in [("python3.11", "\"\\u00e9\""), ("python3.12", "\"é\"")] {
        let mut function = function(root.path());
        runtime.clone_into(&mut function.runtime);
        let finished = run(function, "{}");
        assert!(finished.failed().1.starts_with(&format!(r#"{{"errorMessage": {text}"#)));
    }
}
