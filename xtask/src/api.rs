//! `cargo xtask api`: boto3 and the AWS CLI against the real `faastlane serve`, with `tests/api`.
//!
//! Their packages lie in an environment in the target folder, made anew when `requirements.txt` changes. Where no
//! registry can be reached the tests are left out and it is said, as with the examples' packages.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::{cargo, run};

/// Runs the tests, with more options for pytest.
pub(crate) fn test(options: &[String]) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in a folder")?;
    let tests = root.join("tests/api");
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let Some(python) = environment(&tests.join("requirements.txt"), &target.join("api-python"))?
    else {
        println!("skipped: the packages of tests/api/requirements.txt could not be installed");
        return Ok(());
    };
    cargo(&["build", "--package", "faastlane"], &[])?;
    let mut command = Command::new(python);
    command
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
        .args(options)
        .env("FAASTLANE", target.join("debug/faastlane"))
        .current_dir(tests);
    run("pytest tests/api", &mut command)
}

/// The Python of an environment with these packages; none if they could not be had.
fn environment(requirements: &Path, folder: &Path) -> Result<Option<PathBuf>> {
    let wanted = fs::read_to_string(requirements).context("cannot read the requirements")?;
    let (python, installed) = (folder.join("bin/python"), folder.join("installed.txt"));
    if fs::read_to_string(&installed).is_ok_and(|text| text == wanted) {
        return Ok(Some(python));
    }
    run("python3 -m venv", Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder))?;
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]);
    if run("pip install -r tests/api/requirements.txt", install.arg(requirements)).is_err() {
        return Ok(None);
    }
    fs::write(&installed, wanted).context("cannot note what is installed")?;
    Ok(Some(python))
}
