//! Which file of a folder says what to run.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::{cdk, paths, text};

/// Templates in the order in which SAM looks for them.
const TEMPLATES: [&str; 3] = ["template.yaml", "template.yml", "template.json"];

/// Folders in which definitions lie, beside the project's own.
const DEFINITION_FOLDERS: [&str; 3] = ["statemachine", "statemachines", "asl"];

/// How the name of a definition ends.
const DEFINITION_ENDINGS: [&str; 3] = [".asl.json", ".asl.yaml", ".asl.yml"];

/// The files of the Serverless Framework that hold data, not a program.
const SERVICES: [&str; 3] = ["serverless.yml", "serverless.yaml", "serverless.json"];

/// Those that are programs.
const SERVICE_PROGRAMS: [&str; 2] = ["serverless.ts", "serverless.js"];

/// The file to read for `target`: itself if it is a file, else the template, the service, what the
/// CDK made of the app, or the only definition in that folder.
pub(crate) fn file(target: &Path) -> Result<PathBuf, Error> {
    let wrong = |message: String| Err(Error::Target { path: target.to_owned(), message });
    if !target.exists() {
        return wrong("there is no such file or folder".to_owned());
    }
    if target.extension().is_some_and(|extension| extension == "py") {
        return wrong(
            "this is Python; name a template, or a definition with --functions".to_owned(),
        );
    }
    if !target.is_dir() {
        return match target.file_name().and_then(|name| name.to_str()) {
            Some(cdk::APP) => cdk::manifest_of(paths::parent(target)),
            _ => Ok(target.to_owned()),
        };
    }
    let files = TEMPLATES.iter().chain(&SERVICES).map(|name| paths::joined(target, name));
    if let Some(file) = files.into_iter().find(|path| path.is_file()) {
        return Ok(file);
    }
    if target.join(cdk::APP).is_file() {
        return cdk::manifest_of(target);
    }
    let manifest = paths::joined(target, cdk::MANIFEST);
    if manifest.is_file() && is_cdk(&manifest) {
        return Ok(manifest);
    }
    let mut definitions = definitions(target);
    match definitions.len() {
        0 => wrong(nothing_found(target)),
        1 => Ok(definitions.remove(0)),
        _ => {
            let list = list(&definitions);
            wrong(format!("several definitions were found; name the file to run:\n{list}"))
        }
    }
}

/// Whether a `manifest.json` is the CDK's, since others use the name too.
fn is_cdk(manifest: &Path) -> bool {
    let parsed = text::read(manifest).and_then(|source| text::parse(manifest, &source));
    parsed.is_ok_and(|root| cdk::is_manifest(&root))
}

/// The functions of a definition when none are named: the folder `functions` beside it, or beside
/// the folder it lies in.
pub(crate) fn functions_of(definition: &Path) -> Option<PathBuf> {
    let folder = paths::parent(definition);
    let is_definition_folder = |folder: &&Path| {
        folder
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| DEFINITION_FOLDERS.contains(&name))
    };
    let above = Some(folder).filter(is_definition_folder).map(paths::parent);
    let candidates = [Some(folder), above];
    candidates
        .into_iter()
        .flatten()
        .map(|folder| folder.join("functions"))
        .find(|path| path.is_dir())
}

/// A definition's name: that of its file without the ending.
pub(crate) fn name_of(definition: &Path) -> String {
    let name = definition.file_name().unwrap_or_default().to_string_lossy();
    let ending = DEFINITION_ENDINGS.iter().find_map(|ending| name.strip_suffix(ending));
    let stem = || definition.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    ending.map_or_else(stem, str::to_owned)
}

fn definitions(folder: &Path) -> Vec<PathBuf> {
    let mut folders = vec![folder.to_owned()];
    folders.extend(DEFINITION_FOLDERS.map(|name| paths::joined(folder, name)));
    let mut definitions: Vec<PathBuf> = folders
        .iter()
        .filter_map(|folder| Some((folder, std::fs::read_dir(folder).ok()?)))
        .flat_map(|(folder, entries)| {
            entries
                .filter_map(|entry| Some(paths::joined(folder, entry.ok()?.file_name().to_str()?)))
        })
        .filter(|path| is_definition(path) && path.is_file())
        .collect();
    definitions.sort();
    definitions
}

fn is_definition(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    DEFINITION_ENDINGS.iter().any(|ending| name.ends_with(ending))
}

fn nothing_found(folder: &Path) -> String {
    if let Some(name) = SERVICE_PROGRAMS.iter().find(|name| folder.join(name).is_file()) {
        return format!(
            "{name} is a program; run `serverless print > serverless.yml` and try again"
        );
    }
    let inner = std::fs::read_dir(folder).into_iter().flatten();
    let mut projects: Vec<PathBuf> = inner
        .filter_map(|entry| Some(paths::joined(folder, entry.ok()?.file_name().to_str()?)))
        .filter(|inner| TEMPLATES.iter().any(|name| inner.join(name).is_file()))
        .collect();
    projects.sort();
    if !projects.is_empty() {
        return format!(
            "there is no template here, but in these folders; name one:\n{}",
            list(&projects)
        );
    }
    format!(
        "found nothing to run: no {}, and no *{} here or in {}/; name the file to run",
        TEMPLATES.join(", "),
        DEFINITION_ENDINGS.join(", *"),
        DEFINITION_FOLDERS.join("/, ")
    )
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| format!("  {}", path.display())).collect::<Vec<_>>().join("\n")
}
