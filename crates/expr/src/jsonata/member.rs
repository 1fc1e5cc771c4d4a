//! Expressions that are a plain path from a value to a member: `$states.input.order.id`.
//!
//! Most expressions of a workflow are. They are followed in [`Data`], so that nothing is decoded that
//! nobody looks at and every number stays as it was written. Where an array stands on the way,
//! JSONata maps over it: that is left to the evaluator.

use faastlane_frame::Data;
use jsonata_core::ast::{AstNode, PathStep};

use super::uses::Wanted;

/// A path of names from a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    /// The variable, without its `$`.
    pub(super) root: String,
    pub(super) names: Vec<String>,
}

/// Where a path of names leads.
#[derive(Debug, PartialEq)]
pub(super) enum Followed {
    Found(Data),
    /// Nothing is there.
    Missing,
    /// There is an array on the way.
    Array,
}

impl Member {
    /// The path, if `node` is one and nothing else.
    pub(super) fn of(node: &AstNode) -> Option<Self> {
        match node {
            AstNode::Variable(root) if !root.is_empty() => {
                Some(Self { root: root.clone(), names: Vec::new() })
            }
            AstNode::Path { steps } => Self::of_steps(steps),
            _ => None,
        }
    }

    /// What it wants of its root.
    pub(super) fn wanted(&self) -> Wanted {
        let last = Wanted { whole: true, ..Wanted::default() };
        self.names
            .iter()
            .rev()
            .fold(last, |below, name| Wanted { whole: false, members: vec![(name.clone(), below)] })
    }

    fn of_steps(steps: &[PathStep]) -> Option<Self> {
        Self::of_start(steps).filter(|member| member.names.len() + 1 == steps.len())
    }

    /// The plain path at the start of `steps`, as far as it goes.
    pub(super) fn of_start(steps: &[PathStep]) -> Option<Self> {
        let (first, rest) = steps.split_first()?;
        let AstNode::Variable(root) = &first.node else { return None };
        if root.is_empty() || !is_plain(first) {
            return None;
        }
        let name = |step: &PathStep| match &step.node {
            AstNode::Name(name) if is_plain(step) => Some(name.clone()),
            _ => None,
        };
        Some(Self { root: root.clone(), names: rest.iter().map_while(name).collect() })
    }
}

/// Whether a step is nothing but its name.
pub(super) fn is_plain(step: &PathStep) -> bool {
    step.stages.is_empty()
        && step.focus.is_none()
        && step.index_var.is_none()
        && step.ancestor_label.is_none()
        && !step.is_tuple
        && !step.inner_tuple
}

/// Follows `names` from `data`.
pub(super) fn follow(data: &Data, names: &[String]) -> Followed {
    let mut data = data.clone();
    for name in names {
        if data.array_len().is_some() {
            return Followed::Array;
        }
        match data.get(name) {
            Some(member) => data = member,
            None => return Followed::Missing,
        }
    }
    Followed::Found(data)
}

#[cfg(test)]
mod tests {
    use jsonata_core::parser::parse;

    use super::*;

    #[test]
    fn only_plain_paths_are_members() {
        let check = |text: &str, expected: Option<&str>| {
            let node = parse(text).expect(text);
            let found = Member::of(&node)
                .map(|member| [&[member.root][..], &member.names].concat().join("/"));
            assert_eq!(found.as_deref(), expected, "{text}: {node:?}");
        };
        check("$states.input", Some("states/input"));
        check("$x", Some("x"));
        check("$x.`a b`.c", Some("x/a b/c"));
        check("$x.'a'", Some("x/a"));
        for text in ["$", "$$", "a", "$x[]", "$x.a[]", "$x.a[0]", "$x.*", "$x.**", "$x.a@$v.b"] {
            check(text, None);
        }
        for text in ["$x.$y", "$x.(a)", "$x.a.%", "$x.a#$i", "$x()", "$x := 1", "($x)", "$x.[a]"] {
            check(text, None);
        }
    }
}
