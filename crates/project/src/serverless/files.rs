//! The files of a service: its own, and those that `${file(…)}` brings in, each read once.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use faastlane_value::located::{Data, Node, Place};

use crate::error::Error;
use crate::template::{Origin, intrinsic};
use crate::{paths, text};

/// The files read so far; the first is the service's own.
#[derive(Debug)]
pub(super) struct Files(Vec<(Origin, Rc<Node>)>);

impl Files {
    /// The number of the service's own file.
    pub(super) const SERVICE: usize = 0;

    pub(super) fn new(file: &Path, source: &str, root: &Node) -> Self {
        let origin = Origin { file: file.to_owned(), source: source.to_owned() };
        Self(vec![(origin, Rc::new(root.clone()))])
    }

    pub(super) fn path(&self, file: usize) -> &Path {
        &self.0[file].0.file
    }

    pub(super) fn root(&self, file: usize) -> Rc<Node> {
        Rc::clone(&self.0[file].1)
    }

    pub(super) fn origin(&self, file: usize) -> &Origin {
        &self.0[file].0
    }

    /// Where the file `written` would be: names are relative to the service's folder, also in its
    /// other files.
    pub(super) fn locate(&self, written: &str) -> PathBuf {
        paths::joined(paths::parent(self.path(Self::SERVICE)), written)
    }

    /// The number of a file that exists. What is neither JSON nor YAML is text.
    pub(super) fn read(&mut self, path: PathBuf) -> Result<usize, Error> {
        if let Some(known) = self.0.iter().position(|(origin, _)| origin.file == path) {
            return Ok(known);
        }
        let source = text::read(&path)?;
        let root = match path.extension().and_then(|extension| extension.to_str()) {
            Some("yml" | "yaml" | "json") => text::parse(&path, &source)?,
            _ => {
                let place = Place { line: 1, column: 1 };
                Node { place, data: Data::String(source.as_str().into()) }
            }
        };
        intrinsic::check_all(&path, &root)?;
        self.0.push((Origin { file: path, source }, Rc::new(root)));
        Ok(self.0.len() - 1)
    }
}
