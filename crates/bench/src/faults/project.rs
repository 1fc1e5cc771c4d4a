//! Copies of the examples whose functions write down each of their calls, and wait seconds instead of
//! minutes for one that hangs.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use super::fault::Harm;
use crate::examples::Case;

const WATCHED: &str = include_str!("watched.py");

/// The copy of one example.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) folder: PathBuf,
}

/// How often each function was called with each event.
pub(crate) type Calls = BTreeMap<String, u64>;

impl Project {
    /// The copy of the case's example below `parent`, which is made if it is not there. Each of its
    /// functions may take `timeout`.
    pub(crate) fn of(case: &Case, parent: &Path, timeout: Duration) -> Result<Self> {
        let folder = parent.join(&case.example);
        if !folder.is_dir() {
            copy(&case.folder, &folder, timeout).context("cannot copy an example")?;
            // Functions that are locked down are another user, who writes down calls here.
            open_to_all(&folder)?;
        }
        Ok(Self { folder })
    }

    /// No calls yet, and what the call of this number does.
    pub(crate) fn begin(&self, harm: Option<(Harm, u64)>) -> Result<()> {
        for name in ["calls", "harm", "harmed"] {
            let _ = fs::remove_file(self.folder.join(name));
        }
        fs::write(self.folder.join("calls"), "")?;
        open_to_all(&self.folder.join("calls"))?;
        if let Some((harm, number)) = harm {
            let harm = serde_json::to_value(harm)?;
            let text = format!("{} {number}", harm.as_str().context("its name is a text")?);
            fs::write(self.folder.join("harm"), text)?;
        }
        Ok(())
    }

    pub(crate) fn has_been_harmed(&self) -> bool {
        self.folder.join("harmed").exists()
    }

    pub(crate) fn calls(&self) -> Calls {
        let text = fs::read_to_string(self.folder.join("calls")).unwrap_or_default();
        let mut calls = Calls::new();
        for line in text.lines() {
            *calls.entry(line.to_owned()).or_default() += 1;
        }
        calls
    }
}

/// How many calls there are beyond those that are `usual`.
pub(crate) fn again(calls: &Calls, usual: &Calls) -> u64 {
    let usual = |call| usual.get(call).copied().unwrap_or(0);
    calls.iter().map(|(call, count)| count.saturating_sub(usual(call))).sum()
}

/// Lets every user of the machine read and write a file, or what is in a folder.
pub(super) fn open_to_all(path: &Path) -> Result<()> {
    fs::set_permissions(path, Permissions::from_mode(0o777))
        .with_context(|| format!("cannot open '{}' to all", path.display()))
}

fn copy(from: &Path, to: &Path, timeout: Duration) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        let name = entry.file_name().to_string_lossy().into_owned();
        match name.as_str() {
            "__pycache__" | ".ruff_cache" => {}
            _ if from.is_dir() => copy(&from, &to, timeout)?,
            "template.yaml" => fs::write(to, with_timeouts(&fs::read_to_string(from)?, timeout))?,
            "app.py" | "index.py" => {
                let handler = if name == "app.py" { "lambda_handler" } else { "handler" };
                let code = fs::read_to_string(&from)?;
                let wrapped = format!("{handler} = watched.watched({handler})");
                fs::write(&to, format!("{code}\n\nimport watched\n\n{wrapped}\n"))?;
                fs::write(to.with_file_name("watched.py"), WATCHED)?;
            }
            _ => drop(fs::copy(from, to)?),
        }
    }
    Ok(())
}

fn with_timeouts(template: &str, timeout: Duration) -> String {
    let line = |line: &str| match line.split_once("Timeout:") {
        Some((indent, _)) => format!("{indent}Timeout: {}\n", timeout.as_secs()),
        None => format!("{line}\n"),
    };
    template.lines().map(line).collect()
}
