//! Limits on memory where `jsonata-core` has none.
//!
//! It limits time, depth and the length of sequences, between one step of an evaluation and the next. One
//! step can still ask for any amount of memory (`$pad('', 1e9)`), and a loop of small ones too
//! (`$a & $a`, again and again). So whatever can grow is replaced, when an expression is compiled, by a
//! call of a function of ours which looks at sizes first, or is put into one which adds them up. An
//! expression that neither loops nor names its intermediate values cannot grow much, and stays as it is.
//!
//! An allocator that counts would need no list of what can grow, but could only end the process.

use jsonata_core::ast::{AstNode, BinaryOp, PathStep, Stage};
use jsonata_core::value::with_stack;

use super::effort::{Effort, Text};
use super::walk::for_each_child;

/// Adds the size of its argument to what the evaluation has made, and gives it back.
pub(super) const CHARGE: &str = "(charge)";
/// The same, for values that may hold a part many times: all of them count.
pub(super) const MEASURE: &str = "(measure)";
/// `..`
pub(super) const RANGE: &str = "(range)";
/// Functions of JSONata that look at sizes first, with the least number of arguments that says all that
/// the function does not take from its surroundings.
pub(super) const CHECKED: [(&str, &str, usize); 5] = [
    ("pad", "(pad)", 2),
    ("replace", "(replace)", 3),
    ("join", "(join)", 1),
    ("string", "(string)", 1),
    ("distinct", "(distinct)", 1),
];
/// Functions of JSONata whose results are new, and no larger than a few times their arguments.
const GROWING: [&str; 18] = [
    "append",
    "base64decode",
    "base64encode",
    "each",
    "encodeUrl",
    "encodeUrlComponent",
    "filter",
    "keys",
    "map",
    "match",
    "merge",
    "reverse",
    "sift",
    "sort",
    "split",
    "spread",
    "shuffle",
    "zip",
];
/// Puts limits around all that can grow in an expression.
pub(super) fn guard(node: &mut AstNode) -> Effort {
    let text = Text::of(node);
    let repeats = text.repeats();
    let effort = text.effort();
    Guard { repeats, bound: text.bound }.put(node, false);
    effort
}

struct Guard {
    /// Values may be made of themselves, again and again.
    repeats: bool,
    bound: Vec<String>,
}

impl Guard {
    /// `loops`: `node` is evaluated for each of many items.
    fn put(&self, node: &mut AstNode, loops: bool) {
        with_stack(|| self.put_below(node, loops));
        let guarded = self.repeats || loops;
        match node {
            AstNode::Binary { op: BinaryOp::Range, lhs, rhs } if !is_short(lhs, rhs) => {
                let args = vec![take(lhs), take(rhs)];
                *node = call(RANGE, args);
            }
            AstNode::Binary { op: BinaryOp::Concatenate | BinaryOp::ChainPipe, .. } if guarded => {
                self.wrap(node);
            }
            AstNode::Function { .. } => {
                let grows = self.check_size(node, 0);
                if grows && guarded {
                    self.wrap(node);
                }
            }
            AstNode::Array(items) if guarded => {
                items.iter_mut().filter(|item| is_made(item)).for_each(|item| self.wrap(item));
            }
            AstNode::Object(pairs) if self.repeats => {
                let values = pairs.iter_mut().map(|(_, value)| value);
                values.filter(|value| is_made(value)).for_each(|value| self.wrap(value));
            }
            _ => {}
        }
    }

    fn put_below(&self, node: &mut AstNode, loops: bool) {
        match node {
            AstNode::Path { steps } => {
                for (at, step) in steps.iter_mut().enumerate() {
                    // What a step is decides how its values are joined, so it stays that.
                    self.put_below(&mut step.node, loops || at > 0);
                    self.check_size(&mut step.node, 0);
                    for stage in &mut step.stages {
                        if let Stage::Filter(filter) = stage {
                            self.put(filter, true);
                        }
                    }
                }
            }
            AstNode::Binary { op: BinaryOp::ChainPipe, lhs, rhs } => {
                self.put(lhs, loops);
                // A call on this side gets one more argument.
                self.put_below(rhs, loops);
                self.check_size(rhs, 1);
            }
            AstNode::Lambda { body, .. } => self.put(body, true),
            AstNode::Call { procedure, args } => {
                self.put_below(procedure, loops);
                args.iter_mut().for_each(|argument| self.put(argument, loops));
            }
            AstNode::ObjectTransform { input, pattern } => {
                self.put_below(input, loops);
                for (key, value) in pattern {
                    self.put(key, true);
                    self.put(value, true);
                }
            }
            AstNode::FunctionApplication(inner) => self.put(inner, true),
            AstNode::Sort { input, terms } => {
                self.put_below(input, loops);
                terms.iter_mut().for_each(|(term, _)| self.put(term, true));
            }
            AstNode::Transform { location, update, delete } => {
                self.put_below(location, loops);
                self.put_below(update, true);
                delete.iter_mut().for_each(|delete| self.put(delete, loops));
            }
            other => for_each_child(other, &mut |child| self.put(child, loops)),
        }
    }

    /// Lets a call go to the function of ours that looks at sizes first, if there is one; tells whether
    /// its result is something new. `more`: arguments that it will get besides those that stand there.
    fn check_size(&self, node: &mut AstNode, more: usize) -> bool {
        let AstNode::Function { name, args, .. } = node else { return false };
        if self.bound.contains(name) || args.iter().any(|arg| matches!(arg, AstNode::Placeholder)) {
            return false;
        }
        let checked = CHECKED.iter().find(|(known, _, _)| known == name);
        let Some((known, ours, least)) = checked else { return GROWING.contains(&name.as_str()) };
        let needed = match *known {
            // Without repetition a value has no more parts than what it is made of.
            "join" | "string" => self.repeats,
            "replace" => !args.iter().any(|arg| matches!(arg, AstNode::Lambda { .. })),
            _ => true,
        };
        if needed && args.len() + more >= *least {
            (*ours).clone_into(name);
        }
        true
    }

    fn wrap(&self, node: &mut AstNode) {
        let function = if self.repeats { MEASURE } else { CHARGE };
        *node = call(function, vec![take(node)]);
    }
}

fn take(node: &mut AstNode) -> AstNode {
    std::mem::replace(node, AstNode::Null)
}

fn call(function: &str, args: Vec<AstNode>) -> AstNode {
    AstNode::Function { name: function.to_owned(), args, is_builtin: true }
}

/// Whether a range has a length that stands there, and a small one.
fn is_short(first: &AstNode, last: &AstNode) -> bool {
    let (AstNode::Number(first), AstNode::Number(last)) = (first, last) else { return false };
    last - first <= 100.0
}

/// Whether a part of an array or object comes from elsewhere. What only a path or a constructor gives
/// depends on its shape, so those stay as they are.
fn is_made(node: &AstNode) -> bool {
    match node {
        AstNode::Variable(_) | AstNode::Binary { .. } => true,
        AstNode::Function { name, .. } => name != CHARGE && name != MEASURE,
        AstNode::Path { steps } => {
            let plain =
                |step: &PathStep| matches!(step.node, AstNode::Name(_) | AstNode::Variable(_));
            steps.iter().all(plain)
        }
        _ => false,
    }
}
