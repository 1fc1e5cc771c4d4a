//! Finds Pythons and makes environments as a user's machine would have it, with stand-ins for
//! interpreters; `real.rs` does it once with the Python of this machine.

mod discovery;
mod environments;
mod real;

use faastlane_environment::Search;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// A machine in a temporary folder: interpreters on its PATH, under its pyenv and its uv.
struct Machine {
    top: TempDir,
}

impl Machine {
    fn new() -> Self {
        let machine = Self { top: tempfile::tempdir().unwrap() };
        fs::create_dir_all(machine.path("project")).unwrap();
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.top.path().join(name)
    }

    /// The text of a file, empty where there is none.
    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.path(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        file
    }

    /// A program that does what the shell lines say. `$TOP` is the machine's folder.
    fn program(&self, name: &str, script: &str) -> PathBuf {
        let script = format!("TOP='{}'\n{script}\n", self.top.path().display());
        self.write(&format!("{name}.sh"), &script);
        let file = self.path(name);
        let _ = fs::remove_file(&file);
        symlink(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fake/python"), &file).unwrap();
        file
    }

    /// An interpreter that answers with this version and counts in `runs` how often it was asked.
    fn python(&self, name: &str, version: &str) -> PathBuf {
        self.program(name, &answer(version, "$0"))
    }

    /// The machine's search, with time enough for a slow test machine.
    fn search(&self) -> Search {
        Search {
            path: vec![self.path("bin"), self.path("more/bin")],
            cwd: self.path("project"),
            home: Some(self.path("home")),
            pyenv_root: Some(self.path("pyenv")),
            uv_dir: Some(self.path("uv")),
            cache: Some(self.path("cache")),
            shim_choice: String::new(),
            limit: Duration::from_secs(60),
        }
    }
}

/// Shell lines that answer like a Python of this version installed at `prefix`.
fn answer(version: &str, prefix: &str) -> String {
    let numbers = version.replace('.', ", ");
    format!(
        r#"echo "$0" >> "$TOP/runs"
cat <<END
{{"implementation": "cpython", "version": [{numbers}], "executable": "$0", "prefix": "{prefix}",
"platform": "linux-x86_64"}}
END"#
    )
    .replace(",\n", ", ")
}
