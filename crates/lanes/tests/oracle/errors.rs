//! Handlers that raise, and handlers that cannot be loaded.

use crate::case::Case;
use crate::check;

#[test]
fn raised_in_a_call() {
    let bodies = [
        "raise ValueError('bad \"value\" é\u{1F600}')",
        "raise ValueError",
        "raise ValueError('')",
        "raise ValueError('two\\nlines\\n  indented')",
        "raise ValueError(1, 'two')",
        "raise KeyError('a')",
        "return {}['missing key']",
        "return event.missing",
        "assert event, 'empty'",
        "assert event",
        "return 1 / 0",
        "open('/nowhere')",
        "return json.loads('nope')",
        "b'\\xff'.decode()",
        "raise StopIteration('x')",
        "raise Exception(None)",
        "raise Exception(b'bytes')",
        "try:\n    1 / 0\nexcept Exception as cause:\n    raise RuntimeError('outer') from cause",
        "try:\n    1 / 0\nexcept Exception:\n    raise RuntimeError('while handling')",
        "raise ExceptionGroup('group', [ValueError(1), KeyError('k')])",
        "exec('raise LookupError(\"in exec\")')",
        "(lambda: (_ for _ in ()).throw(OSError(2, 'No such thing', 'name')))()",
        "return context.missing",
        "return int('x' * 10)",
        "import absent_in_call",
        "e = ValueError('note')\ne.add_note('a note')\nraise e",
        "return ''.join(\n    str(number / 0)\n    for number in range(3)\n)",
    ];
    check(bodies.into_iter().map(Case::body).collect());
}

#[test]
fn raised_by_classes_of_the_user() {
    let raise = |class: &str| {
        Case::code(format!("{class}\ndef handler(event, context): raise Custom('text')\n"))
    };
    check(vec![
        raise("class Custom(Exception): pass"),
        raise("class Custom(ValueError):\n    def __str__(self): return 'own text'"),
        raise("class Custom(Exception):\n    def __init__(self, text): self.text = text"),
        raise("class Custom(Exception):\n    def __init__(self, text): super().__init__()"),
        raise("class Outer:\n    class Inner(Exception): pass\nCustom = Outer.Inner"),
        raise("Custom = type('États', (Exception,), {})"),
        raise("class Custom(Exception): __module__ = 'elsewhere'"),
    ]);
}

#[test]
fn raised_elsewhere() {
    let helper = "def fail(n):\n    if n:\n        return fail(n - 1)\n    raise ValueError(n)\n";
    check(vec![
        Case::code("from pkg.helper import fail\ndef handler(event, context): return fail(5)\n")
            .file("pkg/helper.py", helper),
        Case::code(
            "import functools\n\
             def wrap(f):\n    @functools.wraps(f)\n    def inner(*args):\n        return f(*args)\n    return inner\n\
             @wrap\ndef handler(event, context):\n    raise ValueError('wrapped')\n",
        ),
        Case::code(
            "class Call:\n    def __call__(self, event, context): raise ValueError(1)\nhandler = Call()\n",
        ),
        Case::code("async def handler(event, context): return 1\n").without_log(),
        Case::code("def handler(event, context):\n    yield 1\n"),
        Case::code("class handler:\n    def __init__(self, event, context): pass\n"),
    ]);
}

#[test]
fn errors_leave_the_process_as_it_was() {
    let code = "calls = 0\n\
        def handler(event, context):\n    \
            global calls\n    calls += 1\n    \
            if calls % 2: raise ValueError(calls)\n    return calls\n";
    check(vec![
        Case::code(code).events(&["1", "2", "3", "4"]),
        Case::code(code).events(&["1", "2", "[NaN]", "4"]),
        Case::code(code).events(&["1", "2"]).runtime("python3.12"),
    ]);
}

#[test]
fn ends_of_the_process() {
    let bodies = [
        "sys.exit(1)",
        "sys.exit('text')",
        "os._exit(3)",
        "raise SystemExit",
        "print('last words', end=''); os._exit(0)",
    ];
    let mut cases: Vec<_> = bodies.into_iter().map(Case::body).collect();
    for error in ["KeyboardInterrupt", "GeneratorExit"] {
        cases.push(Case::body(&format!("raise {error}")).without_log());
    }
    check(cases);
}

#[test]
fn modules_that_do_not_load() {
    let texts = [
        "import absent\n",
        "import absent.part\n",
        "from os import absent\n",
        "from . import sibling\n",
        "import app\nfrom app import handler\n",
        "x = 1\ndef handler(:\n",
        "def handler(event, context):\nreturn 1\n",
        "if True:\n\tx = 1\n        y = 2\n",
        "def handler(event, context): return 'unterminated\n",
        "def handler(event, context): return (1,\n",
        "return 1\n",
        "x = '\0'\n",
        "raise LookupError('at load')\n",
        "import os\nos.environ['MISSING']\n",
        "class Custom(Exception): pass\nraise Custom\n",
        "def f():\n    raise ValueError('é')\nf()\n",
        "raise ImportError\n",
        "raise SyntaxError('made up')\n",
        "import sys\nsys.exit(3)\n",
        "raise ModuleNotFoundError('own words', name='x')\n",
        "",
    ];
    let mut cases: Vec<_> = texts.into_iter().map(Case::code).collect();
    cases.push(Case::code("import helper\n").file("helper.py", "def f(:\n"));
    cases.push(Case::code("import helper\n").file("helper.py", "import absent\n"));
    cases.push(Case::code("import helper\n").file("helper.py", "raise ValueError('helper')\n"));
    cases.push(Case::code("import absent\n").runtime("python3.12"));
    check(cases);
}

#[test]
fn names_of_handlers() {
    let code = || Case::code("def handler(event, context): return __name__\n");
    let names = [
        "app.other",
        "app",
        "",
        ".",
        "app.",
        ".handler",
        "other.handler",
        "sys.handler",
        "time.sub.handler",
        "app.Class.method",
        "app.handler.",
        "./app.handler",
        "app.py.handler",
        "app:handler",
        "APP.handler",
    ];
    let mut cases: Vec<_> = names.into_iter().map(|name| code().handler(name)).collect();
    let places = [
        ("src/app2.py", "src/app2.handler"),
        ("src/app2.py", "src.app2.handler"),
        ("a/b/c.py", "a.b.c.handler"),
        ("a/b/__init__.py", "a/b.handler"),
        ("buy-sell.py", "buy-sell.handler"),
        ("my-pkg/my-mod.py", "my-pkg/my-mod.handler"),
        ("3d.py", "3d.handler"),
        ("json/app.py", "json.app.handler"),
    ];
    let text = "def handler(event, context): return [__name__, __package__]\n";
    cases.extend(places.map(|(file, name)| code().file(file, text).handler(name)));
    check(cases);
}
