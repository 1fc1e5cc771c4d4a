//! Reference paths: the paths that ResultPath can write to.

use faastlane_frame::Data;
use faastlane_value::{ArcStr, Value};

use super::walk::Step;
use super::{Path, Root};
use crate::ParseError;

/// A path of names and indexes only, from `$` (States Language, "Reference Paths").
#[derive(Debug, Clone)]
pub struct ReferencePath(Path);

/// A reference path that cannot be applied to a document: `States.ResultPathMatchFailure`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the reference path '{path}' cannot be applied: at '{step}' it meets {found}")]
pub struct Mismatch {
    /// The path as it was written.
    pub path: ArcStr,
    /// The name or index that could not be applied.
    pub step: String,
    /// What stands there instead of an object, or of an array that is long enough.
    pub found: String,
}

impl ReferencePath {
    /// Parses a reference path.
    ///
    /// # Errors
    /// Text that is no path, or a path with wildcards, slices, filters, functions, several names or
    /// indexes, negative indexes, or another root than `$`.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let path = Path::parse(text)?;
        let refuse = |message: &str| ParseError { message: message.to_owned(), offset: 0 };
        if *path.root() != Root::Input {
            return Err(refuse("a reference path must start with '$' alone"));
        }
        if !path.is_reference() {
            return Err(refuse("a reference path may only have names and indexes, as in $.a.b[0]"));
        }
        Ok(Self(path))
    }

    /// The same path for reading.
    #[must_use]
    pub fn as_path(&self) -> &Path {
        &self.0
    }

    /// A copy of `root` in which `value` stands where the path points. What lies beside the path is
    /// shared with `root`.
    ///
    /// Missing objects are created; arrays are not, nor do they grow (States Language,
    /// "ResultPath").
    ///
    /// # Errors
    /// A name where there is no object, an index where there is no such item.
    pub fn insert(&self, root: &Data, value: Data) -> Result<Data, Mismatch> {
        insert(self.0.steps.list(), Some(root), value).map_err(|(step, found)| Mismatch {
            path: self.0.text.clone(),
            step,
            found,
        })
    }
}

/// The node that replaces `node`. The recursion is as deep as the path has steps.
fn insert(steps: &[Step], node: Option<&Data>, value: Data) -> Result<Data, (String, String)> {
    let Some((step, rest)) = steps.split_first() else { return Ok(value) };
    match (step, node) {
        (Step::Name(name), None) => {
            Ok(Data::object(vec![(name.clone(), insert(rest, None, value)?)]))
        }
        (Step::Name(name), Some(node)) if node.is_object() => {
            // What is replaced need not be looked at.
            let old = if rest.is_empty() { None } else { node.get(name) };
            Ok(node.with(name, insert(rest, old.as_ref(), value)?))
        }
        (Step::Name(name), found) => Err((name.to_string(), kind(found))),
        (Step::Index(index), found) => {
            let Some((node, length)) = found.and_then(|node| Some((node, node.array_len()?)))
            else {
                return Err((format!("[{index}]"), kind(found)));
            };
            let at = usize::try_from(*index).ok();
            let Some((at, old)) = at.and_then(|at| Some((at, node.item(at)?))) else {
                return Err((format!("[{index}]"), format!("an array of {length} items")));
            };
            Ok(node.with_item(at, insert(rest, Some(&old), value)?))
        }
        _ => unreachable!("a reference path has names and indexes only"),
    }
}

fn kind(found: Option<&Data>) -> String {
    match found.map(Data::value) {
        None => "nothing".to_owned(),
        Some(Value::Null) => "null".to_owned(),
        Some(value @ (Value::Array(_) | Value::Object(_))) => format!("an {}", value.kind()),
        Some(value) => format!("a {}", value.kind()),
    }
}
