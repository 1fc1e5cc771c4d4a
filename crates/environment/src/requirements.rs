//! The packages that a function asks for: its `requirements.txt`, and boto3.
//!
//! The file goes to uv or pip as it is. It is read here only for what must be known before: whether it
//! asks for anything, which set it is (functions with equal sets share an environment), and whether its
//! packages lie beside the code already, as in a bundle made by `sam build`.

mod file;
mod local;

use crate::{Error, boto};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf, absolute};

/// The packages that a function needs beside its code.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Requirements {
    /// The requirements file, if there is one that asks for anything.
    pub file: Option<PathBuf>,
    /// Whether boto3 is to be added to what the file asks for.
    pub boto3: bool,
    /// Every line of the file and its includes, without comments, and the state of local packages.
    pub(crate) lines: Vec<String>,
}

impl Requirements {
    /// Collects what the function in `function_folder` needs, whose code root is `code_root`.
    ///
    /// The file is the first `requirements.txt` of: the function's folder, the code root, the code root's
    /// parent. An empty one counts: it says that nothing is needed.
    ///
    /// **boto3** is part of Lambda's runtime, so functions import it without asking. It is added where the
    /// function's code mentions boto3 or botocore (see `boto.rs`), or where it uses packages for AWS
    /// that rely on it in the same way (their names begin with `aws`), unless the requirements name
    /// boto3 or it lies beside the code. Elsewhere it is not: nothing is fetched that nobody imports.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if a requirements file cannot be read, [`Error::Include`] if an included one is missing.
    pub fn collect(function_folder: &Path, code_root: &Path) -> Result<Self, Error> {
        let root = absolute(code_root).map_err(Error::io("finding", code_root))?;
        let folder = absolute(function_folder).map_err(Error::io("finding", function_folder))?;
        let places = [Some(folder.as_path()), Some(root.as_path()), root.parent()];
        let file = places
            .into_iter()
            .flatten()
            .map(|place| place.join("requirements.txt"))
            .find(|file| file.is_file());
        let lines = file.as_deref().map(file::read).transpose()?.unwrap_or_default();
        let asks = lines.iter().any(|line| file::asks(line));
        let mut names: BTreeSet<String> =
            lines.iter().filter_map(|line| file::package(line)).collect();
        let bundled = bundled(&root);
        let all_bundled = names.len() == lines.len() && names.is_subset(&bundled);
        let for_aws = names.iter().chain(&bundled).any(|name| name.starts_with("aws"));
        names.extend(bundled);
        let there = names.contains("boto3") || root.join("boto3").is_dir();
        let boto3 = !there && (for_aws || boto::mentioned(&root));
        // Options alone still say where boto3 comes from.
        if all_bundled || !asks && !boto3 {
            return Ok(Self { boto3, ..Self::default() });
        }
        let lines =
            lines.into_iter().map(|line| local::with_state(line, file.as_deref())).collect();
        Ok(Self { file, boto3, lines })
    }

    /// boto3, and nothing else.
    #[must_use]
    pub fn of_boto3() -> Self {
        Self { boto3: true, ..Self::default() }
    }

    /// Whether the function needs nothing beside its code.
    pub fn is_none(&self) -> bool {
        self.file.is_none() && !self.boto3
    }

    /// The exact set as text: equal texts, equal environments.
    pub(crate) fn text(&self) -> String {
        let mut text = self.lines.join("\n");
        if self.boto3 {
            text.push_str("\n+ boto3");
        }
        text
    }

    /// How messages call it.
    pub(crate) fn name(&self) -> String {
        self.file.as_ref().map_or_else(|| "boto3".to_owned(), |file| file.display().to_string())
    }

    /// Whether the file pins packages by hash. Then nothing without a hash can be installed with it.
    pub(crate) fn hashed(&self) -> bool {
        self.lines.iter().any(|line| line.contains("--hash") || line == "--require-hashes")
    }
}

/// The packages that lie beside the code, as `pip install --target` and `sam build` put them there.
fn bundled(code_root: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(code_root).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names
        .filter(|name| name.ends_with(".dist-info"))
        .filter_map(|name| name.split('-').next().map(file::normal))
        .collect()
}

#[cfg(test)]
mod tests;
