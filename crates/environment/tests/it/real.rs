//! The real thing once: the Python of this machine, its venv and pip, and a package from a local folder,
//! without network.

use crate::Machine;
use faastlane_environment::{Environments, Requirements, Search, choose, pythons};
use std::process::Command;

/// The file is the library of that very Python: it says the same version.
#[test]
#[expect(clippy::print_stderr, reason = "a test that skips its work says so")]
fn the_shared_library() {
    let machine = Machine::new();
    let search = Search { cache: Some(machine.path("cache")), ..Search::from_env() };
    let found = pythons(&search);
    let libraries = found.pythons.iter().map(|python| (python, python.libpython()));
    for (python, library) in libraries {
        let library = match library {
            Ok(library) => library,
            Err(why) => {
                eprintln!("skipped: {} {why}", python.path.display());
                continue;
            }
        };
        let code = "import ctypes, sys; lib = ctypes.CDLL(sys.argv[1]); \
                    lib.Py_GetVersion.restype = ctypes.c_char_p; \
                    print(lib.Py_GetVersion().decode().split()[0])";
        let said = Command::new(&python.path).args(["-I", "-c", code]).arg(library).output();
        let said = String::from_utf8(said.unwrap().stdout).unwrap();
        assert_eq!(said.trim_end(), python.version.to_string());
    }
}

/// Writes a wheel (a zip of two folders) with Python's own zipfile.
const WHEEL: &str = r#"
import sys, zipfile
with zipfile.ZipFile(sys.argv[1] + "/faastlane_example-1.0-py3-none-any.whl", "w") as wheel:
    info = "faastlane_example-1.0.dist-info/"
    wheel.writestr("faastlane_example.py", "ANSWER = 42\n")
    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: faastlane-example\nVersion: 1.0\n")
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    wheel.writestr(info + "RECORD", "faastlane_example.py,,\n")
"#;

#[test]
#[expect(clippy::print_stderr, reason = "a test that skips its work says so")]
fn a_package_from_a_folder() {
    let machine = Machine::new();
    let search = Search { cache: Some(machine.path("cache")), ..Search::from_env() };
    // Only what is on PATH, so that the test does not depend on what else lies around.
    let search = Search { pyenv_root: None, uv_dir: None, ..search };
    let Ok(choice) = choose(None, &pythons(&search)) else {
        eprintln!("skipped: no Python 3.9 or newer on PATH");
        return;
    };
    let python = choice.python;
    let wheels = machine.path("project/fun/wheels");
    std::fs::create_dir_all(&wheels).unwrap();
    let written = Command::new(&python.path).args(["-I", "-c", WHEEL]).arg(&wheels).status();
    assert!(written.unwrap().success());
    let text = "--no-index\n--find-links ./wheels\nfaastlane-example==1.0\n";
    machine.write("project/fun/requirements.txt", text);
    let fun = machine.path("project/fun");
    let requirements = Requirements::collect(&fun, &fun).unwrap();

    let mut steps = Vec::new();
    let environments = Environments::new(&search);
    let made = environments.ensure(&python, &requirements, &mut |event| steps.push(event));
    let inside = match made {
        Err(error @ faastlane_environment::Error::NoInstaller { .. }) => {
            eprintln!("skipped: {error}");
            return;
        }
        made => made.unwrap(),
    };
    let code = "import faastlane_example; print(faastlane_example.ANSWER)";
    let said = Command::new(&inside).args(["-I", "-c", code]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&said.stdout), "42\n");
    let last = steps.last().unwrap();
    assert_eq!((last.step.as_str(), Some(last.done)), ("installed", last.total));

    let again = environments.ensure(&python, &requirements, &mut |event| panic!("{event:?}"));
    assert_eq!(again.unwrap(), inside);
}
