//! Which file of a folder says what to run.

use std::path::{Path, PathBuf};

use faastlane_value::located::Node;

use crate::error::Error;
use crate::paths;

/// Templates in the order in which SAM looks for them.
const TEMPLATES: [&str; 3] = ["template.yaml", "template.yml", "template.json"];

/// Folders in which definitions lie, beside the project's own.
const DEFINITION_FOLDERS: [&str; 3] = ["statemachine", "statemachines", "asl"];

/// How the name of a definition ends.
const DEFINITION_ENDINGS: [&str; 3] = [".asl.json", ".asl.yaml", ".asl.yml"];

const SERVERLESS_ADVICE: &str =
    "serverless.yml is not read; name the definition and its --functions";
const CDK_ADVICE: &str =
    "CDK projects are not read; run `cdk synth` and name a template in cdk.out";

/// The file to read for `target`: itself if it is a file, else the template or the only definition
/// in that folder.
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
        return Ok(target.to_owned());
    }
    let template =
        TEMPLATES.iter().map(|name| paths::joined(target, name)).find(|path| path.is_file());
    if let Some(template) = template {
        return Ok(template);
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

/// Refuses a file whose content shows that it belongs to a tool that is not read.
pub(crate) fn refuse_foreign(file: &Path, root: &Node) -> Result<(), Error> {
    let has = |key: &str| root.get(key).is_some();
    let advice = if has("service") && has("provider") {
        SERVERLESS_ADVICE
    } else if has("artifacts") && has("version") {
        CDK_ADVICE
    } else {
        return Ok(());
    };
    Err(Error::Target { path: file.to_owned(), message: advice.to_owned() })
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
    for (name, advice) in [("serverless.yml", SERVERLESS_ADVICE), ("cdk.json", CDK_ADVICE)] {
        if folder.join(name).is_file() {
            return advice.to_owned();
        }
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
