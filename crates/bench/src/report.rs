//! The raw results as a file: every round of every contender, and where it was measured.

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::case::CaseResult;
use crate::host::Host;

/// One run of this program. Samples are in the unit of their case.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Report {
    pub(crate) host: Host,
    pub(crate) results: Vec<CaseResult>,
}

impl Report {
    /// Writes `TIME-COMMIT.json` into `folder`.
    pub(crate) fn save(&self, folder: &Path) -> anyhow::Result<PathBuf> {
        save(folder, "", &self.host.commit, self)
    }
}

/// Writes `PREFIXTIME-COMMIT.json` into `folder`.
pub(crate) fn save(
    folder: &Path,
    prefix: &str,
    commit: &str,
    results: &impl serde::Serialize,
) -> anyhow::Result<PathBuf> {
    let time = jiff::Timestamp::now().strftime("%Y-%m-%dT%H-%M-%SZ");
    let file = folder.join(format!("{prefix}{time}-{commit}.json"));
    let text = serde_json::to_string_pretty(results)?;
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&file, text))
        .with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}
