//! Paths that a template or map names: on this machine, or an error that helps to find them.

use std::path::{Component, Path, PathBuf};

use faastlane_value::located::Place;

use crate::error::{At, Error};
use crate::spelling::distance;

/// How many names of a folder are looked through for a similar one.
const MAX_NAMES: usize = 1000;

/// Who names a path: the file, the place in it, and the property (`CodeUri`).
#[derive(Clone, Copy)]
pub(crate) struct Named<'a> {
    pub(crate) file: &'a Path,
    pub(crate) place: Place,
    pub(crate) property: &'a str,
}

impl Named<'_> {
    /// The file `written`, relative to the folder of the file that names it.
    pub(crate) fn file(self, written: &str) -> Result<PathBuf, Error> {
        let path = self.existing(written)?;
        if path.is_dir() {
            return Err(
                self.missing(format!("{} `{written}` is a folder, not a file", self.property))
            );
        }
        Ok(path)
    }

    /// The file or folder `written`, relative to the folder of the file that names it.
    pub(crate) fn existing(self, written: &str) -> Result<PathBuf, Error> {
        if is_remote(written) {
            let message = format!(
                "{} `{written}` is not on this machine; download it and name the local path",
                self.property
            );
            return Err(self.missing(message));
        }
        let base = parent(self.file);
        let path = joined(base, written);
        if path.exists() {
            return Ok(path);
        }
        let advice = if written.contains(".aws-sam") {
            "run `sam build` first, or use the template beside samconfig.toml".to_owned()
        } else if let Some(similar) = similar(base, written) {
            format!("did you mean `{similar}`?")
        } else {
            format!("paths are relative to {}", shown(base))
        };
        Err(self.missing(format!("{} `{written}` does not exist; {advice}", self.property)))
    }

    /// An error at the place of the path.
    pub(crate) fn missing(self, message: String) -> Error {
        Error::Missing { at: At::new(self.file, self.place), message }
    }
}

/// Whether a location is in S3 or elsewhere on the network.
pub(crate) fn is_remote(location: &str) -> bool {
    ["s3://", "https://", "http://"].iter().any(|scheme| location.starts_with(scheme))
}

/// The folder of a file; `.` if its path is only a name.
pub(crate) fn parent(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The whole path of a folder that exists, since tasks run in working directories of their own.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf, Error> {
    path.canonicalize().map_err(|source| Error::Read { path: path.to_owned(), source })
}

/// A folder as a message shows it.
pub(crate) fn shown(folder: &Path) -> String {
    match folder.to_str() {
        Some("." | "") => "this folder".to_owned(),
        _ => folder.display().to_string(),
    }
}

/// `base/written` without `./` and doubled slashes, as it should look in messages.
pub(crate) fn joined(base: &Path, written: &str) -> PathBuf {
    let path = base.join(written);
    let parts: PathBuf =
        path.components().filter(|part| !matches!(part, Component::CurDir)).collect();
    if parts.as_os_str().is_empty() { PathBuf::from(".") } else { parts }
}

/// `written` with its first wrong part replaced by the most similar name that exists.
fn similar(base: &Path, written: &str) -> Option<String> {
    let parts: Vec<_> = Path::new(written).components().collect();
    let is_there = |count: &usize| joined_parts(base, &parts[..*count]).exists();
    let good = (0..=parts.len()).take_while(is_there).count().checked_sub(1)?;
    let wanted = parts.get(good)?.as_os_str().to_str()?;
    let names = std::fs::read_dir(joined_parts(base, &parts[..good])).ok()?.take(MAX_NAMES);
    let names = names.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let ranked = names.map(|name| (distance(&name, wanted), name));
    let (_, name) = ranked.filter(|(distance, _)| *distance <= 1 + wanted.len() / 4).min()?;
    let mut path: PathBuf = parts[..good].iter().collect();
    path.push(name);
    path.extend(&parts[good + 1..]);
    base.join(&path).exists().then(|| path.display().to_string())
}

fn joined_parts(base: &Path, parts: &[Component<'_>]) -> PathBuf {
    base.join(parts.iter().collect::<PathBuf>())
}
