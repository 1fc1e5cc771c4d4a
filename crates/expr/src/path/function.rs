//! Functions at the end of a path: `$.list.sum()`, `$.name.concat("!")`.
//!
//! Jayway's rules: a function that does not apply (`length()` of a number) is null, one that has
//! nothing to calculate with (`min()` of no numbers) is an error.

use faastlane_value::{Number, Value};

use super::filter::Query;
use super::walk::{Walk, position};

/// The functions and their names.
const FUNCTIONS: [(&str, Function); 13] = [
    ("min", Function::Min),
    ("max", Function::Max),
    ("avg", Function::Avg),
    ("stddev", Function::StdDev),
    ("sum", Function::Sum),
    ("length", Function::Length),
    ("size", Function::Length),
    ("keys", Function::Keys),
    ("concat", Function::Concat),
    ("append", Function::Append),
    ("first", Function::First),
    ("last", Function::Last),
    ("index", Function::Index),
];

/// A function and what it is called with.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) function: Function,
    pub(super) arguments: Box<[Argument]>,
}

#[derive(Debug, Clone)]
pub(super) enum Argument {
    Literal(Value),
    /// Always starts at the document.
    Query(Query),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Min,
    Max,
    Avg,
    StdDev,
    Sum,
    Length,
    Keys,
    Concat,
    Append,
    First,
    Last,
    Index,
}

impl Function {
    pub(super) fn named(name: &str) -> Option<Self> {
        FUNCTIONS.iter().find(|(known, _)| *known == name).map(|(_, function)| *function)
    }
}

impl Call {
    /// The result for the value before the function.
    pub(super) fn evaluate(&self, walk: &mut Walk<'_>, node: &Value) -> Result<Value, String> {
        let mut arguments = Vec::with_capacity(self.arguments.len());
        for argument in &self.arguments {
            arguments.extend(match argument {
                Argument::Literal(value) => Some(value.clone()),
                Argument::Query(query) => query.select(walk, node)?,
            });
        }
        match self.function {
            Function::Length => Ok(self.length(node, &arguments)),
            Function::Keys => Ok(keys(node)),
            Function::Concat => Ok(concat(node, &arguments)),
            Function::Append => Ok(append(node, arguments)),
            Function::First => item(node, 0),
            Function::Last => item(node, -1),
            Function::Index => {
                let index = arguments.first().and_then(Value::as_number).and_then(Number::as_i64);
                item(node, index.ok_or("index() needs a whole number")?)
            }
            Function::Min | Function::Max | Function::Avg | Function::StdDev | Function::Sum => {
                self.aggregate(&numbers(node, &arguments))
            }
        }
    }

    fn length(&self, node: &Value, arguments: &[Value]) -> Value {
        let subject = if self.arguments.is_empty() { Some(node) } else { arguments.first() };
        let length = match subject {
            Some(Value::Array(array)) => array.len(),
            Some(Value::Object(object)) => object.len(),
            _ => return Value::Null,
        };
        Value::from(i64::try_from(length).unwrap_or(i64::MAX))
    }

    #[expect(clippy::cast_precision_loss, reason = "no array in memory has 2^53 items")]
    fn aggregate(&self, numbers: &[f64]) -> Result<Value, String> {
        if numbers.is_empty() {
            return Err("there are no numbers to calculate with".to_owned());
        }
        let count = numbers.len() as f64;
        let mean = || numbers.iter().sum::<f64>() / count;
        let result = match self.function {
            Function::Min => numbers.iter().copied().fold(f64::INFINITY, f64::min),
            Function::Max => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Function::Avg => mean(),
            Function::StdDev => {
                let squares = numbers.iter().map(|number| number * number).sum::<f64>();
                (squares / count - mean() * mean()).sqrt()
            }
            _ => numbers.iter().sum(),
        };
        if !result.is_finite() {
            return Err("the result does not fit a number".to_owned());
        }
        Ok(Value::Number(Number::Float(result)))
    }
}

/// The numbers of the array before the function and of the arguments.
fn numbers(node: &Value, arguments: &[Value]) -> Vec<f64> {
    let listed = node.as_array().map_or(&[][..], |array| array).iter();
    listed.chain(flat(arguments)).filter_map(Value::as_number).map(Number::as_f64).collect()
}

/// The arguments, arrays among them replaced by their items.
fn flat(arguments: &[Value]) -> impl Iterator<Item = &Value> {
    arguments.iter().flat_map(|argument| match argument {
        Value::Array(array) => &array[..],
        single => std::slice::from_ref(single),
    })
}

fn keys(node: &Value) -> Value {
    match node.as_object() {
        Some(object) => Value::array(object.iter().map(|(key, _)| Value::String(key.clone()))),
        None => Value::Null,
    }
}

/// The strings of the array before the function and of the arguments in one. Items of an array
/// argument that are no strings count as their JSON text.
fn concat(node: &Value, arguments: &[Value]) -> Value {
    let mut text = String::new();
    let listed = node.as_array().map_or(&[][..], |array| array).iter();
    text.extend(listed.filter_map(Value::as_str));
    for argument in arguments {
        match argument {
            Value::String(argument) => text.push_str(argument),
            Value::Array(items) => {
                for item in items.iter().filter(|item| **item != Value::Null) {
                    match item {
                        Value::String(item) => text.push_str(item),
                        other => text.push_str(&other.to_json()),
                    }
                }
            }
            _ => {}
        }
    }
    Value::from(text)
}

fn append(node: &Value, arguments: Vec<Value>) -> Value {
    match node.as_array() {
        Some(array) => Value::array(array.iter().cloned().chain(arguments)),
        None => node.clone(),
    }
}

fn item(node: &Value, index: i64) -> Result<Value, String> {
    let items = node.as_array().ok_or("first(), last() and index() need an array")?;
    let item = position(index, items.len()).and_then(|at| items.get(at));
    item.cloned().ok_or_else(|| format!("an array of {} has no item {index}", items.len()))
}
