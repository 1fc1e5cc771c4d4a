//! What an expression looks at, found in its text once, so that an evaluation brings nothing else in.
//!
//! An input of a megabyte of which an expression wants one member need not become JSONata's values as
//! a whole. What is found may be too much, never too little: where a path leaves plain names, all that
//! lies below is wanted.

use jsonata_core::ast::{AstNode, PathStep, Stage};

/// What an expression wants of a value: all of it, or some members (of its items, if it is an array).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) whole: bool,
    pub(super) members: Vec<(String, Wanted)>,
}

/// The names that stand after `$` in an expression.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Uses {
    /// Those of values, with what is wanted of each. A variable inside of the expression may have the
    /// same name; then this is too much.
    pub(super) variables: Vec<(String, Wanted)>,
    /// Those of functions that are called, and whether they are handed on too (`$map(x, $f)`). Values
    /// are among them.
    pub(super) functions: Vec<(String, bool)>,
}

impl Uses {
    pub(super) fn of(node: &AstNode) -> Self {
        let mut uses = Self::default();
        let mut looks_up = false;
        uses.find(node, &mut looks_up);
        if looks_up {
            // `%` goes from a value to the one that holds it.
            uses.variables.iter_mut().for_each(|(_, wanted)| wanted.whole = true);
        }
        uses
    }

    fn find(&mut self, node: &AstNode, looks_up: &mut bool) {
        match node {
            AstNode::Variable(name) => {
                self.function(name, true);
                self.variable(name).whole = true;
            }
            AstNode::Function { name, .. } => {
                self.function(name, false);
                self.variable(name).whole = true;
            }
            AstNode::Path { steps } => {
                if let Some((PathStep { node: AstNode::Variable(name), .. }, _)) =
                    steps.split_first()
                {
                    self.function(name, true);
                    self.variable(name).want(steps);
                    let rest = steps.iter().skip(1).map(|step| &step.node);
                    let stages = steps.iter().flat_map(|step| &step.stages).filter_map(filter);
                    rest.chain(stages).for_each(|node| self.find(node, looks_up));
                    return;
                }
            }
            AstNode::Parent(_) => *looks_up = true,
            _ => {}
        }
        for_each_child(node, &mut |child| self.find(child, looks_up));
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
            let plain = step.stages.is_empty()
                && step.focus.is_none()
                && step.index_var.is_none()
                && step.ancestor_label.is_none()
                && !step.is_tuple
                && !step.inner_tuple;
            if !plain {
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

fn filter(stage: &Stage) -> Option<&AstNode> {
    if let Stage::Filter(node) = stage { Some(node) } else { None }
}

/// Shows every node directly below `node`.
pub(super) fn for_each_child<'n>(node: &'n AstNode, show: &mut dyn FnMut(&'n AstNode)) {
    match node {
        AstNode::String(_)
        | AstNode::Name(_)
        | AstNode::Number(_)
        | AstNode::Boolean(_)
        | AstNode::Null
        | AstNode::Undefined
        | AstNode::Placeholder
        | AstNode::Regex { .. }
        | AstNode::Variable(_)
        | AstNode::ParentVariable(_)
        | AstNode::Parent(_)
        | AstNode::Wildcard
        | AstNode::Descendant => {}
        AstNode::Path { steps } => {
            for step in steps {
                show(&step.node);
                step.stages.iter().filter_map(filter).for_each(&mut *show);
            }
        }
        AstNode::Binary { lhs, rhs, .. } => {
            show(lhs);
            show(rhs);
        }
        AstNode::Unary { operand, .. } => show(operand),
        AstNode::Function { args, .. } => args.iter().for_each(show),
        AstNode::Call { procedure, args } => {
            show(procedure);
            args.iter().for_each(show);
        }
        AstNode::Lambda { body, .. } => show(body),
        AstNode::Array(items) | AstNode::Block(items) | AstNode::ArrayGroup(items) => {
            items.iter().for_each(show);
        }
        AstNode::Object(pairs) => pairs.iter().for_each(|(key, value)| {
            show(key);
            show(value);
        }),
        AstNode::ObjectTransform { input, pattern } => {
            show(input);
            pattern.iter().for_each(|(key, value)| {
                show(key);
                show(value);
            });
        }
        AstNode::Conditional { condition, then_branch, else_branch } => {
            show(condition);
            show(then_branch);
            else_branch.iter().for_each(|node| show(node));
        }
        AstNode::FunctionApplication(inner) => show(inner),
        AstNode::Sort { input, terms } => {
            show(input);
            terms.iter().for_each(|(term, _)| show(term));
        }
        AstNode::Transform { location, update, delete } => {
            show(location);
            show(update);
            delete.iter().for_each(|node| show(node));
        }
    }
}
