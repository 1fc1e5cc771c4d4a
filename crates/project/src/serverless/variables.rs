//! Puts values in the place of variables, as far as this machine knows them.
//!
//! Only what is read is resolved: a service that asks SSM for something no state machine or function
//! needs runs without it. What only AWS knows, the user gives by the variable's own text; the road
//! not taken is to make such values up, since a function would run with them without complaint.

use std::collections::HashSet;

use faastlane_value::json::MAX_DEPTH;
use faastlane_value::located::{Data, Member, Node, Place};

use super::files::Files;
use super::pseudo::with_pseudo_parameters;
use super::syntax::{Part, Source, parts, sources, whole};
use crate::error::{At, Error};
use crate::substitute::relocate;
use crate::template::scalar_text;

/// How long a chain of variables that refer to each other may be.
const MAX_CHAIN: usize = 64;

/// How deep a tree with all its variables may be.
const MAX_RESOLVED_DEPTH: usize = MAX_DEPTH + 64;

/// How much all variables of a service may produce: bytes of text, and some for each node.
const MAX_PRODUCED_BYTES: usize = 16 << 20;
const NODE_BYTES: usize = 64;

/// A part of the service, with the file that its places are in.
#[derive(Debug, Clone)]
pub(super) struct Sourced {
    pub(super) node: Node,
    /// Which of the [`Files`].
    pub(super) file: usize,
    /// Where the service's own file leads to it.
    pub(super) at: Place,
}

/// The state of resolving the variables of one service.
pub(super) struct Resolver<'a> {
    pub(super) files: Files,
    /// Values that the user gave, by the text of a variable.
    pub(super) given: &'a [(String, String)],
    /// Those of them that were asked for.
    pub(super) used: HashSet<String>,
    /// Whether a variable without a value stays as it is, with a warning.
    pub(super) lenient: bool,
    pub(super) warnings: Vec<String>,
    in_progress: Vec<String>,
    depth: usize,
    produced_bytes: usize,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(files: Files, given: &'a [(String, String)]) -> Self {
        Self {
            files,
            given,
            used: HashSet::new(),
            lenient: false,
            warnings: Vec::new(),
            in_progress: Vec::new(),
            depth: 0,
            produced_bytes: 0,
        }
    }

    /// The member `key` of an object, which may itself be a variable; `None` if it has none, or null.
    pub(super) fn member(&mut self, of: &Sourced, key: &str) -> Result<Option<Sourced>, Error> {
        let Some(node) = of.node.get(key) else { return Ok(None) };
        let found = self.head(of.part(node))?;
        Ok(Some(found).filter(|found| found.node.data != Data::Null))
    }

    /// A part with what it is, if it is a variable; variables inside stay.
    pub(super) fn head(&mut self, part: Sourced) -> Result<Sourced, Error> {
        let Some(variable) = part.node.as_str().and_then(whole).map(str::to_owned) else {
            return Ok(part);
        };
        match self.variable(&variable, &part, false)? {
            Some(found) => Ok(found),
            None => Err(self.no_value(&variable, &part)),
        }
    }

    /// A part with all its variables resolved; its places are those of its file.
    pub(super) fn resolved(&mut self, part: &Sourced) -> Result<Node, Error> {
        self.nested(part, |this| this.resolved_below(part))
    }

    /// A part with all its variables resolved; its places are those of the service's own file.
    pub(super) fn here(&mut self, part: &Sourced) -> Result<Node, Error> {
        let mut node = self.resolved(part)?;
        if part.file != Files::SERVICE {
            relocate(&mut node, &|_| part.at);
        }
        Ok(node)
    }

    fn resolved_below(&mut self, part: &Sourced) -> Result<Node, Error> {
        self.produce(NODE_BYTES, part)?;
        let place = part.node.place;
        let data = match &part.node.data {
            Data::Array(items) => {
                let items = items.iter().map(|item| self.resolved(&part.part(item)));
                Data::Array(items.collect::<Result<_, _>>()?)
            }
            Data::Object(members) => {
                let member = |member: &Member| {
                    let value = self.resolved(&part.part(&member.value))?;
                    Ok(Member { value, ..member.clone() })
                };
                Data::Object(members.iter().map(member).collect::<Result<_, Error>>()?)
            }
            Data::String(text) => return self.resolved_text(text, part),
            other => other.clone(),
        };
        Ok(Node { place, data })
    }

    fn resolved_text(&mut self, text: &str, part: &Sourced) -> Result<Node, Error> {
        let place = part.node.place;
        let text = match whole(text) {
            Some(variable) => match self.variable(variable, part, true)? {
                Some(found) => return Ok(found.node),
                None => self.without_value(variable, part)?,
            },
            None => self.expanded(text, part)?,
        };
        Ok(Node { place, data: Data::String(text.into()) })
    }

    /// A text with the variables in it replaced by their texts.
    pub(super) fn expanded(&mut self, text: &str, part: &Sourced) -> Result<String, Error> {
        let mut expanded = String::new();
        for piece in parts(text) {
            match piece {
                Part::Text(text) => expanded.push_str(text),
                Part::Variable(variable) => expanded.push_str(&self.text(variable, part)?),
            }
        }
        self.produce(expanded.len(), part)?;
        Ok(with_pseudo_parameters(&expanded))
    }

    /// What a variable in the middle of a text is.
    fn text(&mut self, variable: &str, part: &Sourced) -> Result<String, Error> {
        let Some(found) = self.variable(variable, part, true)? else {
            return self.without_value(variable, part);
        };
        scalar_text(&found.node.data).ok_or_else(|| {
            let message = format!("`${{{variable}}}` is not text, so it must stand alone");
            self.invalid(part, message)
        })
    }

    /// What stands for a variable without a value: itself, where that is allowed.
    fn without_value(&mut self, variable: &str, part: &Sourced) -> Result<String, Error> {
        let error = self.no_value(variable, part);
        if !self.lenient {
            return Err(error);
        }
        self.warnings.push(error.to_string());
        Ok(format!("${{{variable}}}"))
    }

    /// What a variable that stands at `part` is: the first of its sources that has a value. `deep`
    /// resolves the variables inside, and puts its places where it stands.
    fn variable(
        &mut self,
        variable: &str,
        part: &Sourced,
        deep: bool,
    ) -> Result<Option<Sourced>, Error> {
        self.nested(part, |this| this.first_value(variable, part, deep))
    }

    fn first_value(
        &mut self,
        variable: &str,
        part: &Sourced,
        deep: bool,
    ) -> Result<Option<Sourced>, Error> {
        for source in sources(variable) {
            let found = match source {
                Source::Literal(data) => {
                    let data = match data {
                        Data::String(text) => Data::String(self.expanded(&text, part)?.into()),
                        other => other,
                    };
                    Some(Sourced { node: Node { place: part.node.place, data }, ..*part })
                }
                Source::Variable(inner) => self.variable(inner, part, deep)?,
                Source::Lookup(text) => {
                    let text = self.expanded(text, part)?;
                    self.looked_up(&text, part, deep)?
                }
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn looked_up(
        &mut self,
        text: &str,
        part: &Sourced,
        deep: bool,
    ) -> Result<Option<Sourced>, Error> {
        if let Some(first) = self.in_progress.iter().position(|other| other == text) {
            let cycle = self.in_progress[first..].join(" → ");
            return Err(self.invalid(part, format!("circular variables: {cycle} → {text}")));
        }
        if self.in_progress.len() >= MAX_CHAIN {
            return Err(self.invalid(part, format!("more than {MAX_CHAIN} variables in a row")));
        }
        self.in_progress.push(text.to_owned());
        let found = self.lookup_finished(text, part, deep);
        self.in_progress.pop();
        found
    }

    fn lookup_finished(
        &mut self,
        text: &str,
        part: &Sourced,
        deep: bool,
    ) -> Result<Option<Sourced>, Error> {
        let Some(found) = self.lookup(text, part)? else { return Ok(None) };
        if found.node.data == Data::Null {
            return Ok(None);
        }
        if !deep {
            return self.head(found).map(Some);
        }
        let mut node = self.resolved(&found)?;
        if found.file != part.file {
            relocate(&mut node, &|_| part.node.place);
        }
        Ok(Some(Sourced { node, ..*part }))
    }

    /// Runs `resolve` one level deeper.
    fn nested<T>(
        &mut self,
        part: &Sourced,
        resolve: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.depth > MAX_RESOLVED_DEPTH {
            let message = format!("variables make it deeper than {MAX_RESOLVED_DEPTH} levels");
            return Err(self.invalid(part, message));
        }
        self.depth += 1;
        let result = resolve(self);
        self.depth -= 1;
        result
    }

    fn produce(&mut self, bytes: usize, part: &Sourced) -> Result<(), Error> {
        self.produced_bytes = self.produced_bytes.saturating_add(bytes);
        if self.produced_bytes > MAX_PRODUCED_BYTES {
            let limit = MAX_PRODUCED_BYTES >> 20;
            return Err(self.invalid(part, format!("variables produce more than {limit} MiB")));
        }
        Ok(())
    }

    pub(super) fn invalid(&self, part: &Sourced, message: impl Into<String>) -> Error {
        let at = At::new(self.files.path(part.file), part.node.place);
        Error::Invalid { at, message: message.into() }
    }
}

impl Sourced {
    /// A node in this part.
    pub(super) fn part(&self, node: &Node) -> Self {
        let at = if self.file == Files::SERVICE { node.place } else { self.at };
        Self { node: node.clone(), file: self.file, at }
    }
}
