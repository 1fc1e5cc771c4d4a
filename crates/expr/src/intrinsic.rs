//! Intrinsic functions: `States.Format('Hello {}', $.name)`.
//!
//! All 18 functions of the States Language ("Intrinsic Functions" in it and in the AWS developer
//! guide). Names and the number of arguments are checked when a call is parsed; values when it is
//! evaluated.

mod arguments;
mod array;
mod json;
mod math;
mod parse;
#[cfg(test)]
mod tests;
mod text;

use faastlane_value::{ArcStr, Value};

use crate::{Effects, Error, ParseError, Path, Scope};
use arguments::Arguments;
pub(crate) use math::JavaRandom;
pub use math::uuid;
pub(crate) use text::hash_text;

/// How deep calls may be nested in the arguments of a call (AWS: "up to 10").
pub const MAX_NESTED_CALLS: usize = 10;

/// A parsed call of an intrinsic function.
#[derive(Debug, Clone)]
pub struct Call {
    text: ArcStr,
    function: Function,
    arguments: Box<[Argument]>,
}

#[derive(Debug, Clone)]
enum Argument {
    Literal(Value),
    Path(Path),
    Call(Call),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Array,
    ArrayContains,
    ArrayGetItem,
    ArrayLength,
    ArrayPartition,
    ArrayRange,
    ArrayUnique,
    Base64Decode,
    Base64Encode,
    Format,
    Hash,
    JsonMerge,
    JsonToString,
    MathAdd,
    MathRandom,
    StringSplit,
    StringToJson,
    Uuid,
}

/// Each function with its name and the least and the greatest number of arguments.
const FUNCTIONS: [(Function, &str, usize, usize); 18] = [
    (Function::Array, "Array", 0, usize::MAX),
    (Function::ArrayContains, "ArrayContains", 2, 2),
    (Function::ArrayGetItem, "ArrayGetItem", 2, 2),
    (Function::ArrayLength, "ArrayLength", 1, 1),
    (Function::ArrayPartition, "ArrayPartition", 2, 2),
    (Function::ArrayRange, "ArrayRange", 3, 3),
    (Function::ArrayUnique, "ArrayUnique", 1, 1),
    (Function::Base64Decode, "Base64Decode", 1, 1),
    (Function::Base64Encode, "Base64Encode", 1, 1),
    (Function::Format, "Format", 1, usize::MAX),
    (Function::Hash, "Hash", 2, 2),
    (Function::JsonMerge, "JsonMerge", 3, 3),
    (Function::JsonToString, "JsonToString", 1, 1),
    (Function::MathAdd, "MathAdd", 2, 2),
    (Function::MathRandom, "MathRandom", 2, 3),
    (Function::StringSplit, "StringSplit", 2, 2),
    (Function::StringToJson, "StringToJson", 1, 1),
    (Function::Uuid, "UUID", 0, 0),
];

impl Call {
    /// Parses a call; white space around it is ignored.
    ///
    /// # Errors
    /// An unknown function, a wrong number of arguments, an argument that is no string in single
    /// quotes, number, `null`, `true`, `false`, path or call, or more than [`MAX_NESTED_CALLS`]
    /// calls inside each other.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        parse::whole(text)
    }

    /// The call as it was written.
    #[must_use]
    pub fn as_str(&self) -> &ArcStr {
        &self.text
    }

    /// The paths in the arguments, also of nested calls.
    #[must_use]
    pub fn paths(&self) -> Vec<&Path> {
        let mut paths = Vec::new();
        for argument in &self.arguments {
            match argument {
                Argument::Literal(_) => {}
                Argument::Path(path) => paths.push(path),
                Argument::Call(call) => paths.extend(call.paths()),
            }
        }
        paths
    }

    /// The result of the call.
    ///
    /// # Errors
    /// [`Error::Intrinsic`] if the function refuses its arguments, or the error of a path among
    /// them.
    pub fn evaluate(&self, scope: &Scope<'_>, effects: &mut dyn Effects) -> Result<Value, Error> {
        let mut values = Vec::with_capacity(self.arguments.len());
        for argument in &self.arguments {
            values.push(match argument {
                Argument::Literal(value) => value.clone(),
                Argument::Path(path) => path.select(scope)?.into_value(),
                Argument::Call(call) => call.evaluate(scope, effects)?,
            });
        }
        let result = self.function.apply(&Arguments::new(values), effects);
        result.map_err(|message| Error::Intrinsic { call: self.text.clone(), message })
    }
}

impl Function {
    fn apply(self, arguments: &Arguments, effects: &mut dyn Effects) -> Result<Value, String> {
        match self {
            Self::Array => Ok(Value::array(arguments.values().iter().cloned())),
            Self::ArrayContains => array::contains(arguments),
            Self::ArrayGetItem => array::get_item(arguments),
            Self::ArrayLength => array::length(arguments),
            Self::ArrayPartition => array::partition(arguments),
            Self::ArrayRange => array::range(arguments),
            Self::ArrayUnique => array::unique(arguments),
            Self::Base64Decode => text::base64_decode(arguments),
            Self::Base64Encode => text::base64_encode(arguments),
            Self::Format => text::format(arguments),
            Self::Hash => text::hash(arguments),
            Self::JsonMerge => json::merge(arguments),
            Self::JsonToString => Ok(Value::from(arguments.values()[0].to_json())),
            Self::MathAdd => math::add(arguments),
            Self::MathRandom => math::random(arguments, effects),
            Self::StringSplit => text::split(arguments),
            Self::StringToJson => json::from_text(arguments),
            Self::Uuid => Ok(Value::from(math::uuid(effects))),
        }
    }
}
