//! With what an environment is made, as commands.
//!
//! uv if it is on PATH, because it is many times faster; else venv, which brings its own pip; else, where
//! Debian's python3-venv is missing, a venv without pip that the Python's own pip fills from outside;
//! else virtualenv. What the Python has is asked here, each time one is to be made: see `probe.rs`.

use crate::requirements::Requirements;
use crate::step::Step;
use crate::{Python, probe};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A way to make an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Maker {
    Uv(PathBuf),
    Venv,
    /// `pip --python` would be the newer way; `pip install --target` does the same with every pip, also
    /// Ubuntu 22.04's 22.0.
    BareVenvAndPip,
    Virtualenv,
}

impl Maker {
    /// The best way that this machine has for `python`.
    pub(crate) fn find(uv: Option<&Path>, python: &Python, limit: Duration) -> Option<Self> {
        if let Some(uv) = uv {
            return Some(Self::Uv(uv.to_path_buf()));
        }
        // A Python that does not answer now has none of them.
        let (_, modules) = probe::answer(&python.path, MODULES, Path::new("/"), limit).ok()?;
        let modules: Vec<&str> = modules.split_whitespace().collect();
        let has = |names: &[&str]| names.iter().all(|name| modules.contains(name));
        let ways = [
            (has(&["venv", "ensurepip"]), Self::Venv),
            (has(&["venv", "pip"]), Self::BareVenvAndPip),
            (has(&["virtualenv"]), Self::Virtualenv),
        ];
        ways.into_iter().find_map(|(there, way)| there.then_some(way))
    }

    /// How messages call it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Uv(_) => "uv",
            Self::Venv | Self::BareVenvAndPip => "venv and pip",
            Self::Virtualenv => "virtualenv and pip",
        }
    }
}

const MODULES: &str = r#"
from importlib.util import find_spec
print(*(name for name in ("venv", "ensurepip", "pip", "virtualenv") if find_spec(name)))
"#;

/// The commands that make the environment in `folder`, in order.
pub(crate) fn steps(
    maker: &Maker,
    python: &Python,
    folder: &Path,
    requirements: &Requirements,
) -> Vec<Step> {
    let inside = folder.join("bin/python");
    let module = |program: &Path, arguments: &[&str]| {
        // Isolated: a `json.py` beside the requirements file must not be imported by pip.
        Step::new(program).args(["-I", "-m"]).args(arguments)
    };
    let pip = |program: &Path| {
        module(program, &["pip", "install", "--disable-pip-version-check", "--no-input"])
            .args(["--progress-bar", "off"])
    };
    let (create, install) = match maker {
        Maker::Uv(uv) => (
            Step::new(uv).args(["venv", "--python"]).arg(&python.path),
            Step::new(uv).args(["pip", "install", "--python"]).arg(&inside),
        ),
        Maker::Venv => (module(&python.path, &["venv"]), pip(&inside)),
        Maker::BareVenvAndPip => {
            let minor = python.version.minor;
            let packages = folder.join(format!("lib/python3.{minor}/site-packages"));
            let pip = pip(&python.path).arg("--target").arg(packages);
            (module(&python.path, &["venv", "--without-pip"]), pip)
        }
        Maker::Virtualenv => (module(&python.path, &["virtualenv"]), pip(&inside)),
    };
    let installs = packages(requirements).into_iter().map(|packages| {
        // Paths in a requirements file are relative to the current folder (pip, "Requirements File
        // Format"); people write them relative to the file.
        let cwd = requirements.file.as_deref().and_then(Path::parent);
        let step = install.clone().args(packages);
        if let Some(cwd) = cwd { step.cwd(cwd) } else { step }
    });
    [create.arg(folder)].into_iter().chain(installs).collect()
}

/// What to install, for each install command: together, so that one resolution fits all, unless hashes
/// forbid to install what has none.
fn packages(requirements: &Requirements) -> Vec<Vec<OsString>> {
    let file = requirements.file.as_ref().map(|file| vec!["-r".into(), file.clone().into()]);
    let boto3 = requirements.boto3.then(|| vec!["boto3".into()]);
    let all = file.into_iter().chain(boto3);
    if requirements.hashed() { all.collect() } else { vec![all.flatten().collect()] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Version;

    #[track_caller]
    fn check(maker: &Maker, requirements: &Requirements, expected: &[&str]) {
        let python = Python {
            path: "/py/bin/python3".into(),
            version: Version { major: 3, minor: 11, micro: 2 },
            prefix: "/py".into(),
            platform: "linux-x86_64".to_owned(),
            library: Default::default(),
        };
        let steps = steps(maker, &python, Path::new("/E"), requirements);
        let pip = "-I -m pip install --disable-pip-version-check --no-input --progress-bar off";
        let steps: Vec<String> =
            steps.iter().map(|step| step.to_string().replace(pip, "PIP")).collect();
        assert_eq!(steps, expected);
    }

    fn from_file(name: &str, text: &str, boto3: bool) -> Requirements {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("requirements.txt");
        std::fs::write(&file, text).unwrap();
        let collected = Requirements::collect(folder.path(), folder.path()).unwrap();
        Requirements { file: Some(name.into()), boto3, ..collected }
    }

    #[test]
    fn commands_of_each_maker() {
        let requirements = from_file("/f/requirements.txt", "requests\n", true);
        let create = "/py/bin/python3 -I -m";
        let install = "in /f: /E/bin/python PIP -r /f/requirements.txt boto3";
        check(&Maker::Venv, &requirements, &[&format!("{create} venv /E"), install]);
        check(&Maker::Virtualenv, &requirements, &[&format!("{create} virtualenv /E"), install]);
        check(
            &Maker::BareVenvAndPip,
            &requirements,
            &[
                &format!("{create} venv --without-pip /E"),
                "in /f: /py/bin/python3 PIP --target /E/lib/python3.11/site-packages \
                 -r /f/requirements.txt boto3",
            ],
        );
        check(
            &Maker::Uv("/bin/uv".into()),
            &requirements,
            &[
                "/bin/uv venv --python /py/bin/python3 /E",
                "in /f: /bin/uv pip install --python /E/bin/python -r /f/requirements.txt boto3",
            ],
        );
    }

    #[test]
    fn hashes_are_installed_apart() {
        let requirements = from_file("/f/requirements.txt", "six==1.16 --hash=sha256:00\n", true);
        check(
            &Maker::Venv,
            &requirements,
            &[
                "/py/bin/python3 -I -m venv /E",
                "in /f: /E/bin/python PIP -r /f/requirements.txt",
                "in /f: /E/bin/python PIP boto3",
            ],
        );
    }

    #[test]
    fn boto3_alone() {
        let requirements = Requirements { boto3: true, ..Requirements::default() };
        check(
            &Maker::Venv,
            &requirements,
            &["/py/bin/python3 -I -m venv /E", "/E/bin/python PIP boto3"],
        );
    }
}
