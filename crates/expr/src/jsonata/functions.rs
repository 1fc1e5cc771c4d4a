//! The functions that AWS adds to JSONata, and those of JSONata that may not reach outside.
//!
//! What they do with arguments that the documentation does not mention (a chunk size of 0, a missing
//! step, …) follows public reports of what AWS answers.

use std::cell::Cell;
use std::rc::Rc;

use faastlane_value::json;
use jsonata_core::ast::AstNode;
use jsonata_core::evaluator::{Context, Evaluator, EvaluatorError, HostFnResult};
use jsonata_core::value::JValue;

use super::Scope;
use super::budget::Budget;
use super::convert::into_jsonata;
use super::error::MEMORY;
use super::uses::Uses;
use crate::Effects;
use crate::intrinsic::{JavaRandom, hash_text, uuid};

/// The algorithms of `$hash`, in the order in which AWS names them.
const ALGORITHMS: [&str; 5] = ["SHA-1", "SHA-384", "SHA-256", "SHA-512", "MD5"];

type Function = Box<dyn Fn(&[JValue]) -> HostFnResult>;

/// Gives `evaluator` those of our functions that an expression names.
pub(super) fn register(
    evaluator: &mut Evaluator,
    uses: &Uses,
    scope: &Scope<'_>,
    effects: &mut dyn Effects,
) {
    let mut budget = None;
    for (name, handed_on) in &uses.functions {
        if let Some(function) = Budget::function(name) {
            let budget = Rc::clone(budget.get_or_insert_with(|| Budget::new(scope.limits)));
            let checked = move |arguments: &[JValue]| function(&budget, arguments);
            evaluator.register_fn(name.clone(), checked).expect("no function has such a name");
            continue;
        }
        let Some((most, function)) = find(name, scope, effects) else { continue };
        let (called, handed_on) = (name.clone(), *handed_on);
        let checked = move |arguments: &[JValue]| {
            // A function that calls another one gives it all it has.
            let known = &arguments[..arguments.len().min(most)];
            if !handed_on && arguments[known.len()..].iter().any(|more| !more.is_undefined()) {
                return Err(mismatch(&called, most));
            }
            function(known)
        };
        let registered = evaluator.register_fn_override(name.clone(), checked);
        registered.expect("the evaluator never compiles calls of these functions");
    }
}

/// One of our functions, with the most arguments that it takes.
fn find(name: &str, scope: &Scope<'_>, effects: &mut dyn Effects) -> Option<(usize, Function)> {
    let (now_ms, max_items) = (scope.now_ms, scope.limits.items);
    Some(match name {
        "partition" => (2, Box::new(partition)),
        "range" => (3, Box::new(move |arguments| range(arguments, max_items))),
        "hash" => (2, Box::new(hash)),
        "parse" => (1, Box::new(parse)),
        "uuid" => {
            let bits = Bits::new(effects);
            (0, Box::new(move |_| Ok(uuid(&mut || bits.next()).into())))
        }
        "random" => {
            let bits = Bits::new(effects);
            (1, Box::new(move |arguments| random(arguments, &bits)))
        }
        "shuffle" => {
            let bits = Bits::new(effects);
            (1, Box::new(move |arguments| shuffle(arguments, &bits)))
        }
        "now" => (2, Box::new(move |arguments| now(arguments, now_ms))),
        "millis" => (0, Box::new(move |_| Ok(now_ms.into()))),
        "eval" => (2, Box::new(|_| Err(raise("T1006: Attempted to invoke a non-function")))),
        _ => return None,
    })
}

/// Random bits for one evaluation: as many as it wants, from 64 that come from outside.
///
/// The generator is SplitMix64 (Steele, Lea, Flood 2014): its whole state is one word, and any word
/// will do.
struct Bits(Cell<u64>);

impl Bits {
    fn new(effects: &mut dyn Effects) -> Self {
        Self(Cell::new(effects.next_u64()))
    }

    fn next(&self) -> u64 {
        let state = self.0.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
        self.0.set(state);
        let mixed = (state ^ state >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }
}

/// `$partition(array, size)`: parts of so many items, the last with what is left.
fn partition(arguments: &[JValue]) -> HostFnResult {
    let items = match argument(arguments, 0) {
        JValue::Undefined => return Ok(JValue::Undefined),
        JValue::Array(items) if items.is_empty() => return Ok(JValue::Undefined),
        JValue::Array(items) => items,
        _ => {
            let message =
                "T0412: Argument 1 of function \"partition\" must be an array of undefined";
            return Err(raise(message));
        }
    };
    let size = match argument(arguments, 1) {
        JValue::Undefined => items.len(),
        _ => match integer(arguments, "partition", 1)? {
            ..0 => return Err(raise("D3137: Second argument must be zero or greater")),
            0 => return Ok(JValue::Undefined),
            size => usize::try_from(size).unwrap_or(usize::MAX),
        },
    };
    Ok(JValue::array(items.chunks(size).map(|part| JValue::array(part.to_vec())).collect()))
}

/// `$range(first, last, step)`: the numbers from the first to the last, both included, as a sequence:
/// a single one is no array (recorded).
fn range(arguments: &[JValue], max_items: usize) -> HostFnResult {
    let first = integer(arguments, "range", 0)?;
    let last = integer(arguments, "range", 1)?;
    if argument(arguments, 2).is_undefined() {
        return Ok(JValue::Undefined);
    }
    let step = integer(arguments, "range", 2)?;
    if step == 0 || first != last && (step > 0) != (last > first) {
        return Ok(JValue::Undefined);
    }
    let count = first.abs_diff(last) / step.unsigned_abs();
    if count >= u64::try_from(max_items).unwrap_or(u64::MAX) {
        return Err(raise(MEMORY));
    }
    let numbers = std::iter::successors(Some(first), |number| number.checked_add(step));
    let inside = |number: &i64| if step > 0 { *number <= last } else { *number >= last };
    let numbers = numbers.take_while(inside).map(JValue::from).collect();
    Ok(JValue::sequence(numbers).unwrap_sequence())
}

/// `$hash(text, algorithm)`: the digest in hexadecimal digits.
fn hash(arguments: &[JValue]) -> HostFnResult {
    let text = text(arguments, "hash", 0)?;
    if argument(arguments, 1).is_undefined() {
        return Ok(JValue::Undefined);
    }
    let algorithm = self::text(arguments, "hash", 1)?;
    hash_text(text, algorithm).map(JValue::from).ok_or_else(|| {
        let known = ALGORITHMS.join(", ");
        raise(format!("D3137: Hash algorithm '{algorithm}' must be one of {known}"))
    })
}

/// `$parse(text)`: the value of a JSON text.
fn parse(arguments: &[JValue]) -> HostFnResult {
    if argument(arguments, 0).is_undefined() {
        return Ok(JValue::Undefined);
    }
    let text = text(arguments, "parse", 0)?;
    let parsed = json::parse(text.as_bytes()).map_err(|_| raise("D3137: Invalid JSON"))?;
    Ok(into_jsonata(&parsed))
}

/// `$random()` and `$random(seed)`: a number from 0 to below 1; with a seed always the same one, that of
/// `java.util.Random`.
#[expect(clippy::cast_precision_loss, reason = "there are 53 bits, as many as a double has")]
fn random(arguments: &[JValue], bits: &Bits) -> HostFnResult {
    Ok(JValue::from(match argument(arguments, 0) {
        JValue::Undefined => (bits.next() >> 11) as f64 / 2_f64.powi(53),
        _ => JavaRandom::new(integer(arguments, "random", 0)?).next_double(),
    }))
}

/// `$shuffle(array)`: the items in any order (Fisher and Yates).
fn shuffle(arguments: &[JValue], bits: &Bits) -> HostFnResult {
    let mut items = match argument(arguments, 0) {
        JValue::Undefined => return Ok(JValue::Undefined),
        JValue::Array(items) => items.to_vec(),
        one => vec![one.clone()],
    };
    for last in (1..items.len()).rev() {
        let count = u128::try_from(last + 1).expect("it is no larger than 64 bits");
        let other = (u128::from(bits.next()) * count) >> 64;
        items.swap(last, usize::try_from(other).expect("it is at most `last`"));
    }
    Ok(JValue::array(items))
}

/// `$now(picture?, timezone?)`: the time of the evaluation as text.
fn now(arguments: &[JValue], now_ms: i64) -> HostFnResult {
    call("fromMillis", &[&[now_ms.into()], arguments].concat())
}

/// Calls a function of JSONata that needs nothing but its arguments.
pub(super) fn call(name: &str, arguments: &[JValue]) -> HostFnResult {
    let mut context = Context::new();
    let argument = |(at, value): (usize, &JValue)| {
        let variable = at.to_string();
        context.bind(variable.clone(), value.clone());
        AstNode::Variable(variable)
    };
    let args = arguments.iter().enumerate().map(argument).collect();
    let node = AstNode::Function { name: name.to_owned(), args, is_builtin: true };
    Evaluator::with_context(context).evaluate(&node, &JValue::Undefined)
}

pub(super) fn argument(arguments: &[JValue], at: usize) -> &JValue {
    arguments.get(at).unwrap_or(&JValue::Undefined)
}

/// A number as an integer, rounded towards zero.
#[expect(
    clippy::cast_possible_truncation,
    reason = "what is too large becomes the largest, as in Java"
)]
fn integer(arguments: &[JValue], function: &str, at: usize) -> Result<i64, EvaluatorError> {
    let number = argument(arguments, at).as_f64().ok_or_else(|| mismatch(function, at))?;
    Ok(number as i64)
}

fn text<'a>(arguments: &'a [JValue], function: &str, at: usize) -> Result<&'a str, EvaluatorError> {
    argument(arguments, at).as_str().ok_or_else(|| mismatch(function, at))
}

fn mismatch(function: &str, at: usize) -> EvaluatorError {
    let at = at + 1;
    let message = format!(
        "T0410: Argument {at} of function \"{function}\" does not match function signature"
    );
    raise(message)
}

pub(super) fn raise(message: impl Into<String>) -> EvaluatorError {
    EvaluatorError::EvaluationError(message.into())
}
