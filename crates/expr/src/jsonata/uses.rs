//! What an expression looks at, found in its text once, so that an evaluation brings nothing else in.
//!
//! An input of a megabyte of which an expression wants one member need not become JSONata's values as
//! a whole. What is found may be too much, never too little: where a path leaves plain names, all that
//! lies below is wanted.
//!
//! A plain path from `$states` or a variable is taken out of the expression: it is followed before the
//! evaluation, and what it leads to becomes a variable of its own, a [`Slot`].

use jsonata_core::ast::{AstNode, PathStep, Stage};
use jsonata_core::value::with_stack;

use super::effort::Text;
use super::guard::CHECKED;
use super::member::{Member, is_plain};
use super::walk::for_each_child;

/// A plain path that was taken out of an expression.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    /// The variable that stands in its place.
    pub(super) name: String,
    pub(super) member: Member,
    /// The path itself, for where it leads over an array.
    pub(super) path: AstNode,
    /// What is wanted of what it leads to.
    pub(super) wanted: Wanted,
}

/// What an expression wants of a value: all of it, or some members (of its items, if it is an array).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) whole: bool,
    pub(super) members: Vec<(String, Wanted)>,
}

/// The names that stand after `$` in an expression.
#[derive(Debug, Clone, Default)]
pub(super) struct Uses {
    pub(super) slots: Vec<Slot>,
    /// Those of values, with what is wanted of each. A variable inside of the expression may have the
    /// same name; then this is too much.
    pub(super) variables: Vec<(String, Wanted)>,
    /// Those of functions that are called, and whether they are handed on too (`$map(x, $f)`). Values
    /// are among them.
    pub(super) functions: Vec<(String, bool)>,
}

/// What the variables of slots begin with, and no other name can.
const SLOT: &str = "#";

impl Uses {
    /// Takes plain paths out of `node`, and finds what else it uses.
    pub(super) fn of(node: &mut AstNode) -> Self {
        let mut uses = Self::default();
        let text = Text::of(node);
        // `%` goes from a value to the one that holds it.
        if !text.looks_up {
            uses.take(node, &text.bound);
        }
        uses.find(node);
        if text.looks_up {
            uses.variables.iter_mut().for_each(|(_, wanted)| wanted.whole = true);
        }
        uses
    }

    /// The function that the expression names, if there is one and no more.
    pub(super) fn only_function(&self) -> Option<&str> {
        let mut names = self.functions.iter().filter_map(|(name, handed_on)| {
            let checked = CHECKED.iter().find(|(_, ours, _)| ours == name);
            let name = checked.map_or(name.as_str(), |(theirs, _, _)| theirs);
            (!handed_on && !name.starts_with('(')).then_some(name)
        });
        names.next().filter(|_| names.next().is_none())
    }

    fn take(&mut self, node: &mut AstNode, bound: &[String]) {
        with_stack(|| for_each_child(node, &mut |child| self.take(child, bound)));
        let AstNode::Path { steps } = node else { return };
        let Some(Member { root, names }) = Member::of_start(steps) else { return };
        if bound.contains(&root) || names.is_empty() {
            return;
        }
        let count = names.len() + 1;
        let name = format!("{SLOT}{}", self.slots.len());
        let variable = AstNode::Variable(name.clone());
        let mut wanted = Wanted::default();
        let path = if count == steps.len() {
            wanted.whole = true;
            std::mem::replace(node, variable)
        } else {
            let rest = steps.split_off(count);
            let start = std::mem::replace(steps, vec![PathStep::new(variable)]);
            steps.extend(rest);
            wanted.want(steps);
            AstNode::Path { steps: start }
        };
        self.slots.push(Slot { name, member: Member { root, names }, path, wanted });
    }

    fn find(&mut self, node: &mut AstNode) {
        match node {
            AstNode::Variable(name) if name.starts_with(SLOT) => {}
            AstNode::Variable(name) => {
                self.function(name, true);
                self.variable(name).whole = true;
            }
            AstNode::Function { name, .. } => {
                self.function(name, false);
                self.variable(name).whole = true;
            }
            AstNode::Path { steps } => {
                if let Some(PathStep { node: AstNode::Variable(name), .. }) = steps.first() {
                    if !name.starts_with(SLOT) {
                        let name = name.clone();
                        self.function(&name, true);
                        self.variable(&name).want(steps);
                    }
                    for step in &mut steps[1..] {
                        self.find(&mut step.node);
                    }
                    for stage in steps.iter_mut().flat_map(|step| &mut step.stages) {
                        if let Stage::Filter(filter) = stage {
                            self.find(filter);
                        }
                    }
                    return;
                }
            }
            _ => {}
        }
        with_stack(|| for_each_child(node, &mut |child| self.find(child)));
    }

    fn function(&mut self, name: &str, handed_on: bool) {
        match self.functions.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known |= handed_on,
            None => self.functions.push((name.to_owned(), handed_on)),
        }
    }

    fn variable(&mut self, name: &str) -> &mut Wanted {
        member(&mut self.variables, name)
    }
}

impl Wanted {
    /// Wants what `steps`, the first of which is the value itself, lead to.
    fn want(&mut self, steps: &[PathStep]) {
        let mut wanted = self;
        for (at, step) in steps.iter().enumerate() {
            if at > 0 {
                let AstNode::Name(name) = &step.node else { break };
                wanted = member(&mut wanted.members, name);
            }
            if !is_plain(step) {
                break;
            }
        }
        wanted.whole = true;
    }
}

fn member<'m>(members: &'m mut Vec<(String, Wanted)>, name: &str) -> &'m mut Wanted {
    let at = members.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
        members.push((name.to_owned(), Wanted::default()));
        members.len() - 1
    });
    &mut members[at].1
}
