//! How environments are made, shared, repaired and refused, with a stand-in for Python, pip and uv.

use crate::{Machine, answer};
use faastlane_environment::{Environments, Progress, Python, Requirements, pythons};
use std::fs;
use std::path::PathBuf;
use std::sync::Barrier;
use std::thread;

/// A Python with the given modules. Its venv makes a folder with a link to the same Python; its pip
/// appends its arguments to `pip-runs` and does what `pip` says.
fn install(machine: &Machine, modules: &str, pip: &str) -> Python {
    let script = format!(
        r#"
case "$*" in
*find_spec*) echo {modules}; exit;;
"-I -m venv --without-pip "*) mkdir -p "$5/bin"; ln -s "$0" "$5/bin/python"; exit;;
"-I -m venv "*) mkdir -p "$4/bin"; ln -s "$0" "$4/bin/python"; ln -s "$0.sh" "$4/bin/python.sh"; exit;;
"-I -m virtualenv "*) mkdir -p "$4/bin"; ln -s "$0" "$4/bin/python"; ln -s "$0.sh" "$4/bin/python.sh"; exit;;
"-I -m pip install "*) echo "$PWD $*" >> "$TOP/pip-runs"; {pip}
exit;;
esac
{}"#,
        answer("3.12.1", "/usr")
    );
    machine.program("bin/python3", &script);
    pythons(&machine.search()).pythons.remove(0)
}

fn requirements(machine: &Machine, text: &str) -> Requirements {
    machine.write("project/fun/requirements.txt", text);
    Requirements::collect(&machine.path("project/fun"), &machine.path("project/fun")).unwrap()
}

/// The environment's Python or the error, without the machine's folder, and the steps reported.
fn ensure(
    machine: &Machine,
    python: &Python,
    requirements: &Requirements,
) -> (Result<PathBuf, String>, Vec<String>) {
    let mut steps = Vec::new();
    let environments = Environments::new(&machine.search());
    let made = environments.ensure(python, requirements, &mut |Progress { step, .. }| {
        steps.push(short(machine, &step))
    });
    (made.map_err(|error| short(machine, &error.to_string())), steps)
}

fn short(machine: &Machine, text: &str) -> String {
    text.replace(&format!("{}/", machine.top.path().display()), "")
}

fn pip_runs(machine: &Machine) -> usize {
    machine.text("pip-runs").lines().count()
}

#[test]
fn made_once_and_kept() {
    let machine = Machine::new();
    let python = install(&machine, "venv ensurepip pip", "echo 'Collecting six'");
    let six = requirements(&machine, "six\n");
    let (made, steps) = ensure(&machine, &python, &six);
    assert!(made.as_ref().unwrap().starts_with(machine.path("cache/environments")));
    assert_eq!(steps, ["making an environment for project/fun/requirements.txt", "collecting six"]);
    assert_eq!(ensure(&machine, &python, &six), (made.clone(), vec![]));
    // Comments make no other set; another line does.
    let same = requirements(&machine, "# ours\nsix\n");
    assert_eq!(ensure(&machine, &python, &same), (made.clone(), vec![]));
    assert_eq!(pip_runs(&machine), 1);
    let other = requirements(&machine, "six\nidna\n");
    assert_ne!(ensure(&machine, &python, &other).0, made);
    assert_eq!(pip_runs(&machine), 2);
}

#[test]
fn nothing_required_nothing_made() {
    let machine = Machine::new();
    let python = install(&machine, "", "exit 1");
    let none = requirements(&machine, "# nothing\n");
    assert_eq!(ensure(&machine, &python, &none), (Ok(python.path.clone()), vec![]));
    assert!(!machine.path("cache/environments").exists());
}

#[test]
fn pip_runs_in_the_files_folder() {
    let machine = Machine::new();
    let python = install(&machine, "venv ensurepip", "");
    ensure(&machine, &python, &requirements(&machine, "six\n")).0.unwrap();
    let run = short(&machine, &machine.text("pip-runs"));
    let file = machine.path("project/fun/requirements.txt");
    assert!(run.starts_with("project/fun -I -m pip install "), "{run}");
    assert!(run.trim_end().ends_with(&short(&machine, &format!("-r {}", file.display()))), "{run}");
}

#[test]
fn variables_that_send_packages_elsewhere_are_overruled() {
    let machine = Machine::new();
    let show =
        r#"echo "$PIP_USER $PIP_REQUIRE_VIRTUALENV [$PIP_TARGET$PYTHONPATH]" > "$TOP/variables""#;
    let python = install(&machine, "venv ensurepip", show);
    ensure(&machine, &python, &requirements(&machine, "six\n")).0.unwrap();
    assert_eq!(machine.text("variables"), "0 0 []\n");
}

#[test]
fn debian_without_python3_venv_uses_its_pip() {
    let machine = Machine::new();
    let python = install(&machine, "venv pip", "");
    ensure(&machine, &python, &requirements(&machine, "six\n")).0.unwrap();
    let run = machine.text("pip-runs");
    assert!(run.contains("--target") && run.contains("/lib/python3.12/site-packages -r "), "{run}");
}

#[test]
fn a_python_with_nothing_says_what_to_install() {
    let machine = Machine::new();
    let six = requirements(&machine, "six\n");
    let python = install(&machine, "venv", "");
    let expected = "bin/python3 can make no environment for project/fun/requirements.txt: it has no venv, \
                    pip or virtualenv, and uv is not on PATH. Install one (`apt-get install \
                    python3-venv`, or uv), or use an environment of yours with --python";
    assert_eq!(ensure(&machine, &python, &six).0, Err(expected.to_owned()));
    // Installing it is noticed at once, though the interpreter itself did not change.
    install(&machine, "venv ensurepip", "");
    ensure(&machine, &python, &six).0.unwrap();
    let python = install(&machine, "virtualenv", "");
    ensure(&machine, &python, &requirements(&machine, "idna\n")).0.unwrap();
}

#[test]
fn uv_is_preferred() {
    let machine = Machine::new();
    let python = install(&machine, "venv ensurepip pip", "exit 1");
    let uv = r#"echo "$PWD: $*" >> "$TOP/uv-runs"
case "$1" in venv) mkdir -p "$4/bin"; ln -s "$3" "$4/bin/python";; esac
echo "Resolved 2 packages in 10ms" >&2"#;
    machine.program("more/bin/uv", uv);
    let made = ensure(&machine, &python, &requirements(&machine, "six\n")).0.unwrap();
    let folder = short(&machine, made.parent().unwrap().parent().unwrap().to_str().unwrap());
    assert_eq!(
        short(&machine, &machine.text("uv-runs")),
        format!(
            "/: venv --python bin/python3 {folder}\n{}: pip install --python {folder}/bin/python \
             -r project/fun/requirements.txt\n",
            "project/fun"
        )
    );
}

#[test]
fn a_failure_carries_pips_words_and_leaves_nothing() {
    let machine = Machine::new();
    let pip = "echo Collecting foo==9; echo 'ERROR: No matching distribution found for foo==9' >&2; exit 1";
    let python = install(&machine, "venv ensurepip", pip);
    let foo = requirements(&machine, "foo==9\n");
    let error = ensure(&machine, &python, &foo).0.unwrap_err();
    let (message, log) = error.split_once("\n  all of its output: ").unwrap();
    assert_eq!(
        message,
        "project/fun/requirements.txt could not be installed with venv and pip:\n  \
         ERROR: No matching distribution found for foo==9"
    );
    assert!(machine.text(log).starts_with("Collecting foo==9\n"));
    let folders = fs::read_dir(machine.path("cache/environments")).unwrap();
    assert_eq!(folders.flatten().filter(|entry| entry.path().is_dir()).count(), 0);
    // The next run tries again.
    install(&machine, "venv ensurepip", "");
    ensure(&machine, &python, &foo).0.unwrap();
}

#[test]
fn an_interruption_is_told_from_a_failure() {
    for pip in ["kill -INT $$", "exit 130", "echo 'ERROR: Operation cancelled by user'; exit 1"] {
        let machine = Machine::new();
        let python = install(&machine, "venv ensurepip", pip);
        let made = ensure(&machine, &python, &requirements(&machine, "six\n")).0;
        let expected = "installing project/fun/requirements.txt was interrupted";
        assert_eq!(made, Err(expected.to_owned()), "{pip}");
    }
}

#[test]
fn a_half_made_one_is_made_anew() {
    let machine = Machine::new();
    let python = install(&machine, "venv ensurepip", "");
    let six = requirements(&machine, "six\n");
    let made = ensure(&machine, &python, &six).0.unwrap();
    let folder = made.parent().unwrap().parent().unwrap();
    let check = |runs: usize| {
        assert_eq!(ensure(&machine, &python, &six).0.as_ref(), Ok(&made));
        assert_eq!(pip_runs(&machine), runs);
        assert!(!folder.join("rest").exists());
    };
    check(1);
    // As after a power cut: files, but no mark.
    fs::write(folder.join("rest"), "").unwrap();
    fs::remove_file(folder.join("faastlane-environment")).unwrap();
    check(2);
    // As after its Python was removed: a link that leads nowhere.
    fs::write(folder.join("rest"), "").unwrap();
    fs::remove_file(folder.join("bin/python")).unwrap();
    check(3);
}

#[test]
fn two_at_once_make_it_once() {
    let machine = Machine::new();
    // pip goes on when the test says so, which it does after the other one has begun to wait.
    let python = install(&machine, "venv ensurepip", r#"read go < "$TOP/go""#);
    let made = std::process::Command::new("mkfifo").arg(machine.path("go")).status().unwrap();
    assert!(made.success());
    let six = requirements(&machine, "six\n");
    let started = Barrier::new(2);
    thread::scope(|scope| {
        let first = scope.spawn(|| {
            let environments = Environments::new(&machine.search());
            let mut events = 0;
            environments.ensure(&python, &six, &mut |_| {
                // The first event comes while the lock is held.
                events += 1;
                if events == 1 {
                    started.wait();
                }
            })
        });
        started.wait();
        let environments = Environments::new(&machine.search());
        let second = environments.ensure(&python, &six, &mut |progress| {
            assert_eq!(progress.step, "waiting for another process that makes this environment");
            fs::write(machine.path("go"), "go\n").unwrap();
        });
        assert_eq!(first.join().unwrap().unwrap(), second.unwrap());
    });
    assert_eq!(pip_runs(&machine), 1);
}

#[test]
fn without_a_cache_folder_the_error_says_so() {
    let machine = Machine::new();
    let python = install(&machine, "venv ensurepip", "");
    let mut search = machine.search();
    search.cache = None;
    let six = requirements(&machine, "six\n");
    let error = Environments::new(&search).ensure(&python, &six, &mut |_| {}).unwrap_err();
    assert_eq!(error.to_string(), "no folder for environments: set FAASTLANE_CACHE, or HOME");
}
