//! Which function is called, and from where its modules come.

use faastlane_lanes::{Handler, Pool};

use super::harness::{self, call, finish, folder, function, options, run};

const RETURN_NAME: &str = "def handler(event, context): return __name__\n";

fn check(files: &[(&str, &str)], handler: Handler, expected: &str) {
    let root = folder(files);
    let mut function = function(root.path());
    function.handler = handler;
    assert_eq!(run(function, r#"{"a": 1}"#).returned(), expected);
}

fn named(text: &str) -> Handler {
    Handler::Named(text.to_owned())
}

#[test]
fn modules_are_found_by_dots_and_slashes() {
    check(&[("app.py", RETURN_NAME)], named("app.handler"), r#""app""#);
    check(&[("src/app.py", RETURN_NAME)], named("src/app.handler"), r#""src.app""#);
    check(&[("src/app.py", RETURN_NAME)], named("src.app.handler"), r#""src.app""#);
    check(&[("a/b/c.py", RETURN_NAME)], named("a.b.c.handler"), r#""a.b.c""#);
    check(&[("buy-sell.py", RETURN_NAME)], named("buy-sell.handler"), r#""buy-sell""#);
    check(
        &[("my-pkg/my-mod.py", RETURN_NAME)],
        named("my-pkg/my-mod.handler"),
        r#""my-pkg.my-mod""#,
    );
}

fn any_of(names: &[&str]) -> Handler {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    Handler::AnyOf { module: "app".to_owned(), names }
}

#[test]
fn the_first_name_that_exists_is_called() {
    let code = "import os\n\
                def lambda_handler(event, context): return os.environ['_HANDLER']\n\
                def main(params): return 'main'\n";
    check(
        &[("app.py", code)],
        any_of(&["handler", "lambda_handler", "main"]),
        r#""app.lambda_handler""#,
    );
    check(&[("app.py", code)], any_of(&["main", "handler"]), r#""main""#);
}

#[test]
fn none_of_the_names_is_an_error() {
    let root = folder(&[("app.py", "")]);
    let mut function = function(root.path());
    function.handler = any_of(&["handler", "main"]);
    let finished = run(function, "{}");
    let message = r#"{"errorMessage": "Handler 'handler' or 'main' missing on module 'app'""#;
    assert!(finished.failed().1.starts_with(message));
}

#[test]
fn a_handler_may_take_the_event_alone() {
    let cases = [
        "def handler(params): return params",
        "def handler(params={}): return params",
        "def handler(params, *, loud=False): return params",
        "class H:\n    def run(self, params): return params\nhandler = H().run",
        "import functools\n\
         def wrap(f):\n    @functools.wraps(f)\n    def inner(*args, **kwargs): return f(*args, **kwargs)\n    return inner\n\
         @wrap\ndef handler(params): return params",
        "handler = lambda params: params",
    ];
    for code in cases {
        check(&[("app.py", code)], named("app.handler"), r#"{"a": 1}"#);
    }
}

#[test]
fn a_handler_with_more_parameters_gets_the_context() {
    let cases = [
        "def handler(event, context=None): return context is not None",
        "def handler(*args): return len(args) == 2",
        "class H:\n    def __call__(self, event, context): return True\nhandler = H()",
        "import functools\nhandler = functools.partial(lambda flag, event, context: flag, True)",
    ];
    for code in cases {
        check(&[("app.py", code)], named("app.handler"), "true");
    }
}

#[test]
fn functions_with_the_same_module_names_live_side_by_side() {
    let app = "import util\ndef handler(event, context): return util.NAME\n";
    let roots = [
        folder(&[("app.py", app), ("util.py", "NAME = 'first'")]),
        folder(&[("app.py", app), ("util.py", "NAME = 'second'")]),
    ];
    let functions = roots.iter().map(|root| function(root.path())).collect();
    let mut pool = Pool::new(functions, options()).unwrap();
    for (index, expected) in [(0, r#""first""#), (1, r#""second""#), (0, r#""first""#)] {
        pool.call(call(1, index, "{}"));
        assert_eq!(finish(&mut pool, 1)[0].returned(), expected);
    }
}

#[test]
fn code_comes_before_layers_and_those_before_the_rest() {
    let root = folder(&[
        (
            "code/app.py",
            "import a, b, json\ndef handler(event, context): return [a.N, b.N, json.dumps(1)]\n",
        ),
        ("code/a.py", "N = 'code'"),
        ("layer/a.py", "N = 'layer'"),
        ("layer/b.py", "N = 'layer'"),
        ("code/json.py", "raise Exception('not the json that was asked for')"),
    ]);
    let mut function = function(&root.path().join("code"));
    function.layers = vec![root.path().join("layer")];
    assert_eq!(run(function, "{}").returned(), r#"["code", "layer", "1"]"#);
}

#[test]
fn packages_of_a_layer_for_this_python_come_before_the_layers() {
    let packages = format!("lib/python{}/site-packages", harness::python_version());
    let in_packages = |layer: &str, module: &str| format!("{layer}/{packages}/{module}.py");
    let root = folder(&[
        (
            "code/app.py",
            "import a, b, c, d\ndef handler(event, context): return [a.N, b.N, c.N, d.N]\n",
        ),
        ("code/a.py", "N = 'code'"),
        (&in_packages("first", "a"), "N = 'packages of the first'"),
        ("first/b.py", "N = 'first'"),
        (&in_packages("second", "b"), "N = 'packages of the second'"),
        ("first/c.py", "N = 'first'"),
        ("second/c.py", "N = 'second'"),
        ("second/lib/python3.1/site-packages/d.py", "N = 'another Python'"),
        ("second/d.py", "N = 'second'"),
    ]);
    let mut function = function(&root.path().join("code"));
    function.layers = vec![root.path().join("first"), root.path().join("second")];
    let expected = r#"["code", "packages of the second", "first", "second"]"#;
    assert_eq!(run(function, "{}").returned(), expected);
}

#[test]
fn the_working_directory_is_the_code_root() {
    let code = "import os, sys\n\
                def handler(event, context):\n    return os.getcwd() == os.environ['LAMBDA_TASK_ROOT'] == sys.path[0] == os.path.dirname(__file__)\n";
    check(&[("app.py", code)], named("app.handler"), "true");
}
