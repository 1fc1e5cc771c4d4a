//! A walk over an expression.

use jsonata_core::ast::{AstNode, Stage};

/// Shows every node directly below `node`.
pub(super) fn for_each_child(node: &mut AstNode, show: &mut dyn FnMut(&mut AstNode)) {
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
                show(&mut step.node);
                for stage in &mut step.stages {
                    if let Stage::Filter(filter) = stage {
                        show(filter);
                    }
                }
            }
        }
        AstNode::Binary { lhs, rhs, .. } => {
            show(lhs);
            show(rhs);
        }
        AstNode::Unary { operand, .. } => show(operand),
        AstNode::Function { args, .. } => args.iter_mut().for_each(show),
        AstNode::Call { procedure, args } => {
            show(procedure);
            args.iter_mut().for_each(show);
        }
        AstNode::Lambda { body, .. } => show(body),
        AstNode::Array(items) | AstNode::Block(items) | AstNode::ArrayGroup(items) => {
            items.iter_mut().for_each(show);
        }
        AstNode::Object(pairs) => pairs.iter_mut().for_each(|(key, value)| {
            show(key);
            show(value);
        }),
        AstNode::ObjectTransform { input, pattern } => {
            show(input);
            pattern.iter_mut().for_each(|(key, value)| {
                show(key);
                show(value);
            });
        }
        AstNode::Conditional { condition, then_branch, else_branch } => {
            show(condition);
            show(then_branch);
            else_branch.iter_mut().for_each(|node| show(node));
        }
        AstNode::FunctionApplication(inner) => show(inner),
        AstNode::Sort { input, terms } => {
            show(input);
            terms.iter_mut().for_each(|(term, _)| show(term));
        }
        AstNode::Transform { location, update, delete } => {
            show(location);
            show(update);
            delete.iter_mut().for_each(|node| show(node));
        }
    }
}
