//! The packages that a function asks for: its `requirements.txt`, and boto3.
//!
//! The file goes to uv or pip as it is. It is read here only for what must be known before: whether it
//! asks for anything, which set it is (functions with equal sets share an environment), and whether its
//! packages lie beside the code already, as in a bundle made by `sam build`.

use crate::Error;
use crate::boto;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf, absolute};
use std::time::UNIX_EPOCH;

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
        let lines = file.as_deref().map(read).transpose()?.unwrap_or_default();
        let mut names: BTreeSet<String> = lines.iter().filter_map(|line| package(line)).collect();
        let bundled = bundled(&root);
        let all_bundled = names.len() == lines.len() && names.is_subset(&bundled);
        let for_aws = names.iter().chain(&bundled).any(|name| name.starts_with("aws"));
        names.extend(bundled);
        let there = names.contains("boto3") || root.join("boto3").is_dir();
        let boto3 = !there && (for_aws || boto::mentioned(&root));
        if all_bundled {
            return Ok(Self { boto3, ..Self::default() });
        }
        let lines = lines.into_iter().map(|line| with_state(line, file.as_deref())).collect();
        Ok(Self { file, boto3, lines })
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

/// The lines of a requirements file and, in their place, of those it includes.
fn read(file: &Path) -> Result<Vec<String>, Error> {
    let mut lines = Vec::new();
    read_into(file, &mut BTreeSet::new(), &mut lines)?;
    Ok(lines)
}

fn read_into(
    file: &Path,
    seen: &mut BTreeSet<PathBuf>,
    lines: &mut Vec<String>,
) -> Result<(), Error> {
    if !seen.insert(fs::canonicalize(file).map_err(Error::io("reading", file))?) {
        return Ok(());
    }
    let bytes = fs::read(file).map_err(Error::io("reading", file))?;
    for (number, line) in logical_lines(&decode(&bytes)) {
        match include(&line) {
            None => lines.push(line),
            // pip fetches those itself.
            Some((_, path)) if path.contains("://") => lines.push(line),
            Some((option, path)) => {
                let included = file.parent().unwrap_or(Path::new("/")).join(path);
                if !included.is_file() {
                    let (file, included) = (file.to_path_buf(), path.to_owned());
                    return Err(Error::Include { file, line: number, included });
                }
                // Constraints ask for nothing, but they decide versions.
                let from = lines.len();
                read_into(&included, seen, lines)?;
                if option == "-c" {
                    lines[from..].iter_mut().for_each(|line| line.insert_str(0, "-c "));
                }
            }
        }
    }
    Ok(())
}

/// Lines with their number, without comments and blank ones, with continued ones joined (pip,
/// "Requirements File Format").
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut logical = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (index, line) in text.lines().enumerate() {
        let comment = line.trim_start().starts_with('#');
        let (number, mut joined) = open.take().unwrap_or((index + 1, String::new()));
        match line.strip_suffix('\\') {
            Some(start) if !comment => {
                joined.push_str(start);
                open = Some((number, joined));
            }
            _ => {
                joined.push_str(if comment { "" } else { line });
                logical.push((number, joined));
            }
        }
    }
    logical.extend(open);
    let stripped = logical.into_iter().map(|(number, line)| {
        let comment = line.find(" #").or_else(|| line.find("\t#")).unwrap_or(line.len());
        (number, line[..comment].trim().to_owned())
    });
    stripped.filter(|(_, line)| !line.is_empty()).collect()
}

/// `-r` or `-c` and the file it names, in any of its spellings.
fn include(line: &str) -> Option<(&'static str, &str)> {
    let spellings = [("-r", "--requirement"), ("-c", "--constraint")];
    spellings.into_iter().find_map(|(short, long)| {
        let rest = match line.strip_prefix(long) {
            Some(rest) if rest.starts_with([' ', '\t', '=']) => &rest[1..],
            Some(_) => return None,
            None => line.strip_prefix(short)?,
        };
        Some((short, rest.trim().trim_matches(['"', '\''])))
    })
}

/// The normalised name of the package that a line asks for by name (PEP 503); none for options, paths,
/// links and constraints.
fn package(line: &str) -> Option<String> {
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
    let (name, rest) = line.split_at(end.unwrap_or(line.len()));
    let named = name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !rest.starts_with([':', '/', '+'])
        && !is_archive(name);
    named.then(|| normal(name))
}

fn normal(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '.'], "-")
}

fn is_archive(name: &str) -> bool {
    [".whl", ".zip", ".tar.gz"].iter().any(|end| name.ends_with(end))
}

/// The packages that lie beside the code, as `pip install --target` and `sam build` put them there.
fn bundled(code_root: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(code_root).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names
        .filter(|name| name.ends_with(".dist-info"))
        .filter_map(|name| name.split('-').next().map(normal))
        .collect()
}

/// A line that names a local package, followed by the state of its files: when they change, the
/// environment is made anew. An editable one follows its sources by itself, so only its build files count.
fn with_state(line: String, file: Option<&Path>) -> String {
    let folder = file.and_then(Path::parent).unwrap_or(Path::new("/"));
    let editable = ["-e", "--editable"].iter().find_map(|option| line.strip_prefix(option));
    let path = editable.unwrap_or(&line).trim_start_matches(['=', ' ', '\t']);
    let path = path.split([';', '[', ' ']).next().unwrap_or_default();
    let path = path.strip_prefix("file://").unwrap_or(path);
    if !(path.starts_with('.') || path.contains('/') || is_archive(path)) {
        return line;
    }
    let path = folder.join(path);
    let state = match editable {
        _ if !path.exists() => return line,
        Some(_) => ["pyproject.toml", "setup.py", "setup.cfg"]
            .map(|name| state(&path.join(name), 0))
            .concat(),
        None => state(&path, 0),
    };
    format!("{line} # {} {}", path.display(), crate::environments::fingerprint(&state))
}

/// How deep local packages are looked at.
const DEEPEST: usize = 16;

/// Names, sizes and modification times of a file or of all files of a folder. What builds leave behind is
/// not looked at, or each build would look like a change.
fn state(path: &Path, depth: usize) -> String {
    let Ok(metadata) = fs::metadata(path) else { return String::new() };
    if !metadata.is_dir() {
        let modified =
            metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        return format!("{} {} {modified:?}\n", path.display(), metadata.len());
    }
    if depth == DEEPEST {
        return String::new();
    }
    let mut paths: Vec<PathBuf> =
        fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let source = |path: &&PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let left_behind = ["build", "dist", "__pycache__"].contains(&name.as_ref());
        !(name.starts_with('.') || name.ends_with(".egg-info") || left_behind)
    };
    paths.iter().filter(source).map(|path| state(path, depth + 1)).collect()
}

/// Text as UTF-8, or as UTF-16 if it begins with that mark: `pip freeze > requirements.txt` writes it so
/// in some Windows shells, and pip reads it.
fn decode(bytes: &[u8]) -> String {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|two| unit([two[0], two[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

#[cfg(test)]
mod tests;
