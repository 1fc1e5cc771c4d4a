//! Reads the cases of the suite.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use faastlane_value::{ArcStr, Value, json};

use super::Unreadable;

/// All cases of a suite.
#[derive(Debug)]
pub struct Suite {
    /// Those that can be run.
    pub cases: Vec<Case>,
    /// Group and name of those whose text is not Unicode.
    pub not_text: Vec<(String, String)>,
}

/// One case.
#[derive(Debug)]
pub struct Case {
    /// The folder that it stands in.
    pub group: String,
    /// Its file, and its place in it if there are several.
    pub name: String,
    /// The expression.
    pub expression: String,
    /// What `$` is.
    pub document: Option<Value>,
    /// Variables.
    pub bindings: Vec<(ArcStr, Value)>,
    /// How deep the evaluation may be nested.
    pub depth: Option<usize>,
    /// How long it may take.
    pub milliseconds: Option<u64>,
    /// What must come of it.
    pub expected: Expected,
    /// Whether the items of the result may come in any order.
    pub unordered: bool,
}

/// What must come of a case.
#[derive(Debug)]
pub enum Expected {
    /// A value.
    Value(Value),
    /// No value.
    Nothing,
    /// The error of this code.
    Error(String),
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => f.write_str(&value.to_json()),
            Self::Nothing => f.write_str("nothing"),
            Self::Error(code) => write!(f, "error {code}"),
        }
    }
}

impl Suite {
    pub(super) fn read(folder: &Path) -> Result<Self, Unreadable> {
        let mut suite = Self { cases: Vec::new(), not_text: Vec::new() };
        for group in entries(&folder.join("groups"))? {
            for file in entries(&group)? {
                if file.extension().is_some_and(|extension| extension == "json") {
                    suite.read_file(folder, &group, &file)?;
                }
            }
        }
        Ok(suite)
    }

    fn read_file(&mut self, folder: &Path, group: &Path, file: &Path) -> Result<(), Unreadable> {
        let (group_name, name) = (last(group), last(file));
        let Some(value) = read_json(file)? else {
            self.not_text.push((group_name, name));
            return Ok(());
        };
        let several = value.as_array().cloned();
        let single = several.is_none();
        for (at, value) in
            several.unwrap_or_else(|| [value].into_iter().collect()).iter().enumerate()
        {
            let case = Case {
                group: group_name.clone(),
                name: if single { name.clone() } else { format!("{name}[{at}]") },
                expression: expression(value, group, file)?,
                document: document(value, folder)?,
                bindings: value
                    .get("bindings")
                    .and_then(Value::as_object)
                    .into_iter()
                    .flatten()
                    .cloned()
                    .collect(),
                depth: number(value, "depth"),
                milliseconds: number(value, "timelimit"),
                expected: expected(value).ok_or_else(|| Unreadable::Case {
                    path: file.to_owned(),
                    message: "it says neither a result nor an error".to_owned(),
                })?,
                unordered: value.get("unordered").is_some(),
            };
            self.cases.push(case);
        }
        Ok(())
    }
}

fn expression(case: &Value, group: &Path, file: &Path) -> Result<String, Unreadable> {
    if let Some(text) = case.get("expr").and_then(Value::as_str) {
        return Ok(text.to_owned());
    }
    let refuse =
        |message: &str| Unreadable::Case { path: file.to_owned(), message: message.to_owned() };
    let name =
        case.get("expr-file").and_then(Value::as_str).ok_or_else(|| refuse("it has no 'expr'"))?;
    let path = group.join(name);
    fs::read_to_string(&path).map_err(|error| Unreadable::Read { path, error })
}

fn document(case: &Value, folder: &Path) -> Result<Option<Value>, Unreadable> {
    if let Some(data) = case.get("data") {
        return Ok(Some(data.clone()));
    }
    let Some(name) = case.get("dataset").and_then(Value::as_str) else { return Ok(None) };
    read_json(&folder.join("datasets").join(format!("{name}.json")))
}

fn expected(case: &Value) -> Option<Expected> {
    if let Some(value) = case.get("result") {
        return Some(Expected::Value(value.clone()));
    }
    if case.get("undefinedResult").is_some() {
        return Some(Expected::Nothing);
    }
    let code = case.get("code").or_else(|| case.get("error")?.get("code"))?;
    Some(Expected::Error(code.as_str()?.to_owned()))
}

fn number<T: TryFrom<i64>>(case: &Value, key: &str) -> Option<T> {
    T::try_from(case.get(key)?.as_number()?.as_i64()?).ok()
}

/// The value of a file; `None` if its text is not Unicode.
fn read_json(path: &Path) -> Result<Option<Value>, Unreadable> {
    let read = |error| Unreadable::Read { path: path.to_owned(), error };
    let bytes = fs::read(path).map_err(read)?;
    match json::parse(&bytes) {
        Ok(value) => Ok(Some(value)),
        Err(_) if has_surrogate(&bytes) => Ok(None),
        Err(error) => Err(Unreadable::Case { path: path.to_owned(), message: error.to_string() }),
    }
}

/// Whether the text has an escape of a surrogate, `\\uD800` to `\\uDFFF`.
fn has_surrogate(text: &[u8]) -> bool {
    text.windows(4).any(|escape| {
        let escape = escape.to_ascii_lowercase();
        escape.starts_with(br"\ud") && matches!(escape[3], b'8'..=b'9' | b'a'..=b'f')
    })
}

/// What stands in a folder, by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Unreadable> {
    let read = |error| Unreadable::Read { path: folder.to_owned(), error };
    let entries = fs::read_dir(folder).map_err(read)?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = paths.collect::<Result<Vec<_>, _>>().map_err(read)?;
    paths.sort();
    Ok(paths)
}

fn last(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
