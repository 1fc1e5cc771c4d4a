//! Functions that the user names beside a definition: `--functions DIR` and `--functions MAP.json`.
//!
//! A folder is listed once, rather than searched for each name, so that a misspelt name can be
//! answered with the names that exist.

use std::path::{Path, PathBuf};
use std::time::Duration;

use faastlane_value::Number;
use faastlane_value::located::{Data, Member, Node};

use crate::error::{At, Error};
use crate::function::{Code, Function, Handler};
use crate::paths::{self, Named};
use crate::{arn, text};

/// A function that nobody gave a timeout; more than Lambda's 3 s, since nobody thought of one.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// Modules that a function's own folder may have, most wanted first.
const MODULES: [&str; 4] = ["app", "lambda_function", "index", "main"];

/// Reads a folder of functions, or a map in JSON (or YAML).
pub(crate) fn read(path: &Path) -> Result<Vec<Function>, Error> {
    if path.is_dir() {
        return in_folder(path);
    }
    let wrong =
        |message: &str| Err(Error::Target { path: path.to_owned(), message: message.to_owned() });
    if path.extension().is_some_and(|extension| extension == "py") {
        return wrong("this is Python; --functions takes the folder it is in, or a map");
    }
    if path.is_file() {
        return in_map(path);
    }
    wrong("there is no such folder or map of functions (--functions)")
}

/// `NAME.py` is the function NAME, and so is `NAME/app.py` (or another of [`MODULES`]).
fn in_folder(folder: &Path) -> Result<Vec<Function>, Error> {
    let failed = |source| Error::Read { path: folder.to_owned(), source };
    let mut functions: Vec<Function> = Vec::new();
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        entries.push(entry.map_err(failed)?.path());
    }
    entries.sort();
    // Files come first: NAME.py wins over NAME/app.py.
    entries.sort_by_key(|path| !path.is_file());
    for path in entries {
        let Some(name) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
        if name.starts_with("__") {
            continue; // `__init__.py` and `__pycache__`
        }
        let found = if path.is_dir() {
            module_in(&path).map(|module| (path.clone(), module))
        } else {
            let is_python = path.extension().is_some_and(|extension| extension == "py");
            is_python.then(|| (folder.to_owned(), name.to_owned()))
        };
        if let Some((root, module)) = found {
            let name = if path.is_dir() { folder_name(&path) } else { name.to_owned() };
            if functions.iter().all(|function| function.name != name) {
                functions.push(plain(name, &root, Handler::of_module(&module))?);
            }
        }
    }
    Ok(functions)
}

/// A map `{"NAME": {"code_uri", "handler", "runtime", "env", "timeout"}}`.
fn in_map(file: &Path) -> Result<Vec<Function>, Error> {
    let root = text::parse(file, &text::read(file)?)?;
    let Data::Object(members) = &root.data else {
        let message = "a map of functions is an object {\"NAME\": {\"code_uri\": \"…\"}}";
        return Err(invalid(file, &root, message.to_owned()));
    };
    members.iter().map(|member| entry(file, member)).collect()
}

fn entry(file: &Path, member: &Member) -> Result<Function, Error> {
    const KEYS: [&str; 5] = ["code_uri", "handler", "runtime", "env", "timeout"];
    let properties = &member.value;
    if !matches!(properties.data, Data::Object(_)) {
        let message = format!("the entry of `{}` must be an object", member.key);
        return Err(invalid(file, properties, message));
    }
    for property in properties.members() {
        if !KEYS.contains(&property.key.as_str()) {
            let message = format!("unknown key `{}`; there are {}", property.key, KEYS.join(", "));
            return Err(Error::Invalid { at: At::new(file, property.key_place), message });
        }
    }
    let (root, found_module) = code_root(file, member)?;
    let handler = match (text_of(file, properties, "handler")?, found_module) {
        (Some(handler), _) => Handler::Named(handler.to_owned()),
        (None, Some(module)) => Handler::of_module(&module),
        (None, None) => {
            let message = format!(
                "`{}` needs a handler: its folder has none of {}",
                member.key,
                MODULES.map(|module| format!("{module}.py")).join(", ")
            );
            return Err(invalid(file, properties, message));
        }
    };
    let name = arn::function_name(&member.key).unwrap_or(&member.key).to_owned();
    let mut function = plain(name, &root, handler)?;
    function.runtime = text_of(file, properties, "runtime")?.map(str::to_owned);
    function.environment = environment(file, properties)?;
    if let Some(timeout) = properties.get("timeout") {
        function.timeout = seconds(timeout).ok_or_else(|| {
            invalid(file, timeout, "timeout is a number of seconds above 0".to_owned())
        })?;
    }
    Ok(function)
}

/// The code root of an entry, and the module in it that is there without being named.
fn code_root(file: &Path, member: &Member) -> Result<(PathBuf, Option<String>), Error> {
    let (place, location) = match member.value.get("code_uri") {
        Some(node) => (node.place, text_of(file, &member.value, "code_uri")?.unwrap_or(".")),
        None => (member.key_place, "."),
    };
    let path = Named { file, place, property: "code_uri" }.existing(location)?;
    if path.is_dir() {
        let module = module_in(&path);
        return Ok((path, module));
    }
    let module = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    Ok((paths::parent(&path).to_owned(), module))
}

fn environment(file: &Path, properties: &Node) -> Result<Vec<(String, String)>, Error> {
    let Some(node) = properties.get("env") else { return Ok(Vec::new()) };
    let wrong = || invalid(file, node, "env is an object of texts".to_owned());
    let Data::Object(members) = &node.data else { return Err(wrong()) };
    let mut variables: Vec<(String, String)> = Vec::new();
    for member in members {
        let value = match &member.value.data {
            Data::String(text) => text.to_string(),
            Data::Number(number) => number.to_string(),
            Data::Bool(value) => value.to_string(),
            _ => return Err(wrong()),
        };
        variables.retain(|(name, _)| *name != *member.key);
        variables.push((member.key.to_string(), value));
    }
    Ok(variables)
}

fn plain(name: String, root: &Path, handler: Handler) -> Result<Function, Error> {
    Ok(Function {
        logical_id: name.clone(),
        name,
        code: Code::folder(paths::absolute(root)?, handler.module()),
        handler,
        runtime: None,
        environment: Vec::new(),
        timeout: DEFAULT_TIMEOUT,
        memory_mib: None,
        layers: Vec::new(),
    })
}

fn module_in(folder: &Path) -> Option<String> {
    let is_there = |module: &&str| folder.join(format!("{module}.py")).is_file();
    MODULES.into_iter().find(is_there).map(str::to_owned)
}

/// The whole name of a folder, dots included.
fn folder_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn text_of<'n>(file: &Path, properties: &'n Node, key: &str) -> Result<Option<&'n str>, Error> {
    match properties.get(key) {
        None => Ok(None),
        Some(node) => match node.as_str() {
            Some(text) => Ok(Some(text)),
            None => Err(invalid(file, node, format!("{key} must be text"))),
        },
    }
}

fn seconds(node: &Node) -> Option<Duration> {
    let Data::Number(number) = &node.data else { return None };
    let seconds = match number {
        Number::Int(seconds) => Duration::from_secs(u64::try_from(*seconds).ok()?),
        other => Duration::try_from_secs_f64(other.as_f64()).ok()?,
    };
    (!seconds.is_zero()).then_some(seconds)
}

fn invalid(file: &Path, node: &Node, message: String) -> Error {
    Error::Invalid { at: At::new(file, node.place), message }
}
