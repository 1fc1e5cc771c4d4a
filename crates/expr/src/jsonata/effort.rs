//! What an evaluation can take at most, as far as the text of the expression tells.

use jsonata_core::ast::{AstNode, BinaryOp, PathStep, Stage};
use jsonata_core::value::with_stack;

use super::walk::for_each_child;

/// Functions of JSONata that call a function for each item, and keep what it gives.
const MAPPING: [&str; 7] = ["each", "filter", "map", "replace", "sift", "single", "sort"];

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

/// What an expression could become, by its text: every step that names an intermediate value (or makes it
/// the context of the next) may multiply it by what is added up in one step.
const MUCH: u64 = 10_000;

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

/// What stands in an expression.
#[derive(Default)]
pub(super) struct Text {
    /// Steps that name an intermediate value.
    names: u64,
    /// Places where something new is made of several values.
    growths: u64,
    /// Whether there are functions that may be called any number of times with their own results.
    calls_itself: bool,
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

    /// Whether values may be made of themselves, again and again.
    pub(super) fn repeats(&self) -> bool {
        let names = u32::try_from(self.names).unwrap_or(u32::MAX);
        let much = self.growths.checked_pow(names).is_none_or(|product| product > MUCH);
        self.calls_itself || much
    }

    pub(super) fn effort(&self) -> Effort {
        // Loops inside of each other that only look at their items see each item once for each loop; one
        // that looks away may see everything for each item.
        let nesting = self.nesting.max(1) + u32::from(self.looks_away);
        let known = !self.repeats() && !self.unknown;
        Effort { steps: self.steps, nesting: known.then_some(nesting) }
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
                self.calls_itself |= !mapped;
                self.bound.extend_from_slice(params);
            }
            AstNode::Function { name, .. } => {
                mapping = MAPPING.contains(&name.as_str());
                self.calls_itself |= name == "reduce";
                let name = name.as_str();
                self.unknown |= !PLAIN.contains(&name) && !["map", "filter"].contains(&name);
                self.growths += 1;
            }
            AstNode::Variable(name) => {
                self.calls_itself |= name == "reduce";
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

#[cfg(test)]
mod tests {
    use jsonata_core::parser::parse;

    use super::*;

    #[test]
    fn what_cannot_last_is_known_by_its_text() {
        let check = |text: &str, expected: bool| {
            let mut node = parse(text).expect(text);
            assert_eq!(Text::of(&mut node).effort().is_little(10_000), expected, "{text}");
        };
        check("$x.a > 1 and $x.b = 'c'", true);
        check("$sum($x.orders[status = 'open'].(amount * quantity))", true);
        check("$map($x.orders, function($o) { 1 })", true);
        check("$x.orders[id in $x.ids]", false);
        check("[1..10]", false);
        check("$reduce($x, function($a, $b) { $a + $b })", false);
        check("($f := function() { $f() }; $f())", false);
        check("$x ~> $string()", false);
        check("$x.**", false);
    }
}
