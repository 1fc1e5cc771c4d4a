//! The requirements file's format, as far as it must be understood here (pip, "Requirements File Format").

use crate::Error;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The lines of a requirements file and, in their place, of those it includes.
pub(super) fn read(file: &Path) -> Result<Vec<String>, Error> {
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
pub(super) fn package(line: &str) -> Option<String> {
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
    let (name, rest) = line.split_at(end.unwrap_or(line.len()));
    let named = name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !rest.starts_with([':', '/', '+'])
        && !is_archive(name);
    named.then(|| normal(name))
}

/// A package's name as comparisons need it (PEP 503).
pub(super) fn normal(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '.'], "-")
}

/// Whether a name is that of a packed package.
pub(super) fn is_archive(name: &str) -> bool {
    [".whl", ".zip", ".tar.gz"].iter().any(|end| name.ends_with(end))
}

/// Whether a line asks for a package, rather than setting an option or a constraint.
pub(super) fn asks(line: &str) -> bool {
    let asking = ["-e", "--editable", "-r", "--requirement"];
    !line.starts_with('-') || asking.iter().any(|option| line.starts_with(option))
}

/// Text as UTF-8, or as UTF-16 if it begins with that mark: `pip freeze > requirements.txt` writes it so
/// in some Windows shells, and pip reads it.
pub(super) fn decode(bytes: &[u8]) -> String {
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
