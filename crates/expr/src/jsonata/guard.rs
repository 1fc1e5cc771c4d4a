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
/// Functions of JSONata that call a function for each item, and keep what it gives.
const MAPPING: [&str; 7] = ["each", "filter", "map", "replace", "sift", "single", "sort"];

/// What an expression could become, by its text: every step that names an intermediate value (or makes it
/// the context of the next) may multiply it by what is added up in one step.
const MUCH: u64 = 10_000;

/// Functions of JSONata that take a time which grows with their arguments, and give nothing larger.
const PLAIN: [&str; 30] = [
    "abs",
    "average",
    "boolean",
    "ceil",
    "count",
    "exists",
    "floor",
    "formatBase",
    "formatInteger",
    "hash",
    "keys",
    "length",
    "lookup",
    "lowercase",
    "max",
    "millis",
    "min",
    "not",
    "now",
    "number",
    "power",
    "random",
    "round",
    "sqrt",
    "substring",
    "substringAfter",
    "substringBefore",
    "sum",
    "trim",
    "type",
];

/// How long an evaluation can take at most, as far as the text of the expression tells: so many steps for
/// all the data that it looks at, to the power of how deep its loops are nested.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Effort {
    steps: u64,
    /// `None`: nobody knows.
    nesting: Option<u32>,
}

impl Effort {
    /// Steps that take no second.
    const LITTLE: u64 = 2_000_000;

    /// Whether an evaluation that sees `size` bytes of data needs nobody to watch the time.
    pub(super) fn is_little(self, size: u64) -> bool {
        let items = size.saturating_add(self.steps);
        self.nesting
            .and_then(|nesting| items.checked_pow(nesting)?.checked_mul(self.steps))
            .is_some_and(|steps| steps <= Self::LITTLE)
    }
}

/// Puts limits around all that can grow in an expression.
pub(super) fn guard(node: &mut AstNode) -> Effort {
    let text = Text::of(node);
    let names = u32::try_from(text.names).unwrap_or(u32::MAX);
    let much = text.growths.checked_pow(names).is_none_or(|product| product > MUCH);
    let repeats = text.repeats || much;
    Guard { repeats, bound: text.bound }.put(node, false);
    // Loops inside of each other that only look at their items see each item once for each loop; one that
    // looks away may see everything for each item.
    let nesting = text.nesting.max(1) + u32::from(text.looks_away);
    Effort { steps: text.steps, nesting: (!repeats && !text.unknown).then_some(nesting) }
}

/// What stands in an expression.
#[derive(Default)]
pub(super) struct Text {
    /// Steps that name an intermediate value.
    names: u64,
    /// Places where something new is made of several values.
    growths: u64,
    /// Whether there are functions that may be called any number of times with their own results.
    repeats: bool,
    /// Names that the expression gives to values of its own.
    pub(super) bound: Vec<String>,
    /// Whether it goes from a value to the one that holds it (`%`).
    pub(super) looks_up: bool,
    /// Its parts.
    steps: u64,
    /// How deep loops are nested.
    nesting: u32,
    loops: u32,
    /// Whether a loop looks at something else than its items.
    looks_away: bool,
    /// Whether something takes a time that is not known.
    unknown: bool,
}

impl Text {
    pub(super) fn of(node: &mut AstNode) -> Self {
        let mut text = Self { growths: 1, ..Self::default() };
        text.look(node, false);
        text
    }

    /// `mapped`: `node` stands where a function is called once for each item.
    fn look(&mut self, node: &mut AstNode, mapped: bool) {
        let mut mapping = false;
        let mut looping = false;
        let mut start = AstNode::Null;
        self.steps += 1;
        match node {
            AstNode::Lambda { params, .. } => {
                looping = true;
                self.repeats |= !mapped;
                self.bound.extend_from_slice(params);
            }
            AstNode::Function { name, .. } => {
                mapping = MAPPING.contains(&name.as_str());
                self.repeats |= name == "reduce";
                let name = name.as_str();
                self.unknown |= !PLAIN.contains(&name) && !["map", "filter"].contains(&name);
                self.growths += 1;
            }
            AstNode::Variable(name) => {
                self.repeats |= name == "reduce";
                self.looks_away |= self.loops > 0 && !name.is_empty();
            }
            AstNode::ParentVariable(_) => self.looks_away = true,
            AstNode::Parent(_) => self.looks_up = true,
            AstNode::Regex { .. }
            | AstNode::Descendant
            | AstNode::Wildcard
            | AstNode::Call { .. }
            | AstNode::Transform { .. } => self.unknown = true,
            AstNode::Sort { .. } => looping = true,
            AstNode::Array(items) => self.growths += items.len() as u64,
            AstNode::Object(_) => self.growths += 1,
            AstNode::ObjectTransform { .. } => {
                self.growths += 1;
                looping = true;
            }
            AstNode::Path { steps } => {
                self.steps += steps.len() as u64;
                looping = steps.iter().skip(1).any(|step| !matches!(step.node, AstNode::Name(_)))
                    || steps.iter().any(|step| !step.stages.is_empty());
                let names = |step: &PathStep| !matches!(step.node, AstNode::Name(_));
                self.names += steps.iter().skip(1).filter(|step| names(step)).count() as u64;
                for step in steps.iter() {
                    let stages = step.stages.iter().filter_map(|stage| match stage {
                        Stage::Index(name) => Some(name),
                        _ => None,
                    });
                    for name in step.focus.iter().chain(&step.index_var).chain(stages) {
                        self.names += 1;
                        self.bound.push(name.clone());
                    }
                }
                // What the loop goes over is looked at once.
                if let (true, Some(first)) = (looping, steps.first_mut()) {
                    start = std::mem::replace(&mut first.node, AstNode::Null);
                    self.look(&mut start, false);
                }
            }
            AstNode::Binary { op: BinaryOp::ColonEqual, lhs, .. } => {
                self.unknown = true;
                self.names += 1;
                if let AstNode::Variable(name) = &**lhs {
                    self.bound.push(name.clone());
                }
            }
            AstNode::Binary { op: BinaryOp::ChainPipe, .. } => {
                self.unknown = true;
                self.names += 1;
            }
            AstNode::Binary { op: BinaryOp::Range, .. } => {
                self.unknown = true;
                self.growths += 1;
            }
            AstNode::Binary { op: BinaryOp::Concatenate, .. } => self.growths += 1,
            _ => {}
        }
        self.loops += u32::from(looping);
        self.nesting = self.nesting.max(self.loops);
        with_stack(|| for_each_child(node, &mut |child| self.look(child, mapping)));
        self.loops -= u32::from(looping);
        if let (true, AstNode::Path { steps }) = (looping, node) {
            steps[0].node = start;
        }
    }
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
            AstNode::Binary { lhs, rhs, .. } => {
                self.put(lhs, loops);
                self.put(rhs, loops);
            }
            AstNode::Lambda { body, .. } => self.put(body, true),
            AstNode::Unary { operand, .. } => self.put(operand, loops),
            AstNode::Function { args, .. } => {
                args.iter_mut().for_each(|argument| self.put(argument, loops));
            }
            AstNode::Call { procedure, args } => {
                self.put_below(procedure, loops);
                args.iter_mut().for_each(|argument| self.put(argument, loops));
            }
            AstNode::Array(items) | AstNode::Block(items) | AstNode::ArrayGroup(items) => {
                items.iter_mut().for_each(|item| self.put(item, loops));
            }
            AstNode::Object(pairs) => self.put_pairs(pairs, loops),
            AstNode::ObjectTransform { input, pattern } => {
                self.put_below(input, loops);
                self.put_pairs(pattern, true);
            }
            AstNode::Conditional { condition, then_branch, else_branch } => {
                self.put(condition, loops);
                self.put(then_branch, loops);
                else_branch.iter_mut().for_each(|branch| self.put(branch, loops));
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
        }
    }

    fn put_pairs(&self, pairs: &mut [(AstNode, AstNode)], loops: bool) {
        for (key, value) in pairs {
            self.put(key, loops);
            self.put(value, loops);
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
