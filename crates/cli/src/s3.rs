//! What stands for S3: where distributed Maps read their items and write their results.

use std::path::Path;

use faastlane_dataset::Location;

use crate::Error;

/// The variable that names a folder as `--s3` does.
const VARIABLE: &str = "FAASTLANE_S3";

/// The folder that was typed, that of `FAASTLANE_S3`, or the endpoint of AWS's own variables.
pub(crate) fn location(typed: Option<&Path>) -> Result<Location, Error> {
    let variable = std::env::var_os(VARIABLE).filter(|folder| !folder.is_empty());
    let (name, folder) = match (typed, &variable) {
        (Some(folder), _) => ("--s3", folder),
        (None, Some(folder)) => (VARIABLE, Path::new(folder)),
        (None, None) => return Ok(Location::of_environment(|name| std::env::var(name).ok())),
    };
    // Another process reads there, which may be in another folder.
    match folder.canonicalize() {
        Ok(folder) if folder.is_dir() => Ok(Location::Folder(folder)),
        _ => Err(Error::Invalid(format!(
            "{name} {}: there is no such folder; its subfolders would be the buckets",
            folder.display()
        ))),
    }
}
