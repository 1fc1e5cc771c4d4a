//! Evaluates intrinsic functions: a node of a template in, the node that CloudFormation would
//! deploy out.
//!
//! Only what is read is evaluated, so a parameter that no state machine or function needs may stay
//! without a value. Nothing remote is asked: what only a deployed stack knows gets a stable made-up
//! value, and a warning where it may matter.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html>

use std::collections::HashMap;
use std::path::Path;

use faastlane_value::json::MAX_DEPTH;
use faastlane_value::located::{Data, Member, Node, Place};

use super::asset::Assets;
use super::{Surroundings, Template};
use crate::error::{At, Error};

/// How long a chain of things that refer to each other may be.
const MAX_CHAIN: usize = 64;

/// How deep evaluation may go: one tree of the deepest kind and a little more.
const MAX_EVALUATION_DEPTH: usize = MAX_DEPTH + 64;

/// How much text all functions of one template may produce.
const MAX_TEXT_BYTES: usize = 64 << 20;

/// The state of evaluating one template.
pub(super) struct Evaluator<'a> {
    pub(super) file: &'a Path,
    /// The whole template.
    pub(super) root: &'a Node,
    /// Parameter values that the user gave.
    pub(super) given: &'a [(String, String)],
    pub(super) stack_name: &'a str,
    pub(super) surroundings: &'a Surroundings,
    pub(super) assets: Assets,
    pub(super) warnings: Vec<String>,
    /// Conditions and names that are known already.
    pub(super) conditions: HashMap<String, bool>,
    pub(super) names: HashMap<String, String>,
    in_progress: Vec<String>,
    depth: usize,
    produced_bytes: usize,
}

impl<'a> Evaluator<'a> {
    pub(super) fn new(template: Template<'a>) -> Result<Self, Error> {
        let Template { file, root, parameters, stack_name, surroundings, .. } = template;
        Ok(Self {
            file,
            root,
            given: parameters,
            stack_name,
            surroundings,
            assets: Assets::beside(file)?,
            warnings: Vec::new(),
            conditions: HashMap::new(),
            names: HashMap::new(),
            in_progress: Vec::new(),
            depth: 0,
            produced_bytes: 0,
        })
    }

    /// What `node` deploys as; `None` where it says `AWS::NoValue`.
    pub(super) fn value(&mut self, node: &Node) -> Result<Option<Node>, Error> {
        self.nested(node.place, |this| {
            let data = match &node.data {
                Data::Array(items) => Data::Array(this.values(items)?),
                Data::Object(members) => match members.as_slice() {
                    [Member { key, value, .. }] if key == "Ref" || key.starts_with("Fn::") => {
                        return this.intrinsic(key, value, node.place);
                    }
                    members => Data::Object(this.members(members)?),
                },
                scalar => scalar.clone(),
            };
            Ok(Some(Node { place: node.place, data }))
        })
    }

    /// What `node` deploys as, where it must be something.
    pub(super) fn required(&mut self, node: &Node) -> Result<Node, Error> {
        let value = self.value(node)?;
        value.ok_or_else(|| self.invalid(node.place, "AWS::NoValue cannot stand here"))
    }

    /// What `node` deploys as, where it must be a scalar: its text.
    pub(super) fn text(&mut self, node: &Node) -> Result<String, Error> {
        let text = self.optional_text(node)?;
        text.ok_or_else(|| self.invalid(node.place, "AWS::NoValue cannot stand here"))
    }

    /// What `node` deploys as, where it must be a scalar or nothing.
    pub(super) fn optional_text(&mut self, node: &Node) -> Result<Option<String>, Error> {
        let Some(value) = self.value(node)? else { return Ok(None) };
        let text = scalar_text(&value.data);
        match text {
            Some(_) => Ok(text),
            None => {
                let kind = value.to_value().kind();
                Err(self.invalid(node.place, format!("text is wanted here, not {kind}")))
            }
        }
    }

    /// The items of `node`, where it must deploy as a list.
    pub(super) fn list(&mut self, node: &Node) -> Result<Vec<Node>, Error> {
        match self.required(node)?.data {
            Data::Array(items) => Ok(items),
            _ => Err(self.invalid(node.place, "a list is wanted here")),
        }
    }

    /// Runs `evaluate` one level deeper. References lead from one deep tree into the next, so the
    /// depth of each tree alone does not bound the stack.
    pub(super) fn nested<T>(
        &mut self,
        place: Place,
        evaluate: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.depth > MAX_EVALUATION_DEPTH {
            let message = format!("functions nested deeper than {MAX_EVALUATION_DEPTH} levels");
            return Err(self.invalid(place, message));
        }
        self.depth += 1;
        let result = evaluate(self);
        self.depth -= 1;
        result
    }

    /// Runs `evaluate`, unless `what` is being evaluated already: then it depends on itself.
    pub(super) fn once<T>(
        &mut self,
        what: &str,
        place: Place,
        evaluate: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if let Some(first) = self.in_progress.iter().position(|other| other == what) {
            let cycle = self.in_progress[first..].join(" → ");
            return Err(self.invalid(place, format!("circular reference: {cycle} → {what}")));
        }
        if self.in_progress.len() >= MAX_CHAIN {
            return Err(self.invalid(place, format!("more than {MAX_CHAIN} references in a row")));
        }
        self.in_progress.push(what.to_owned());
        let result = evaluate(self);
        self.in_progress.pop();
        result
    }

    pub(super) fn invalid(&self, place: Place, message: impl Into<String>) -> Error {
        Error::Invalid { at: At::new(self.file, place), message: message.into() }
    }

    pub(super) fn warn(&mut self, place: Place, message: &str) {
        let warning = format!("{}: {message}", At::new(self.file, place));
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// A string that a function produced.
    pub(super) fn string(&mut self, place: Place, text: String) -> Result<Node, Error> {
        self.produced_bytes = self.produced_bytes.saturating_add(text.len());
        if self.produced_bytes > MAX_TEXT_BYTES {
            let limit = MAX_TEXT_BYTES >> 20;
            return Err(
                self.invalid(place, format!("functions produce more than {limit} MiB of text"))
            );
        }
        Ok(Node { place, data: Data::String(text.into()) })
    }

    fn values(&mut self, items: &[Node]) -> Result<Vec<Node>, Error> {
        items.iter().filter_map(|item| self.value(item).transpose()).collect()
    }

    fn members(&mut self, members: &[Member]) -> Result<Vec<Member>, Error> {
        let mut evaluated = Vec::with_capacity(members.len());
        for member in members {
            if member.key.starts_with("Fn::") {
                let message = format!("`{}` must be the only key of its object", member.key);
                return Err(self.invalid(member.key_place, message));
            }
            if let Some(value) = self.value(&member.value)? {
                evaluated.push(Member {
                    key: member.key.clone(),
                    key_place: member.key_place,
                    value,
                });
            }
        }
        Ok(evaluated)
    }

    /// The items of a function's argument, which must be a list of exactly `N`.
    pub(super) fn arguments<'n, const N: usize>(
        &self,
        argument: &'n Node,
        function: &str,
        form: &str,
    ) -> Result<&'n [Node; N], Error> {
        let Data::Array(items) = &argument.data else {
            return Err(self.invalid(argument.place, format!("{function} takes {form}")));
        };
        let count = items.len();
        items.as_slice().try_into().map_err(|_| {
            self.invalid(argument.place, format!("{function} takes {form}, not {count} items"))
        })
    }
}

/// The text of a scalar as CloudFormation passes it on; `None` for lists, objects and null.
pub(crate) fn scalar_text(data: &Data) -> Option<String> {
    match data {
        Data::String(text) => Some(text.to_string()),
        Data::Number(number) => Some(number.to_string()),
        Data::Bool(value) => Some(value.to_string()),
        Data::Null | Data::Array(_) | Data::Object(_) => None,
    }
}
