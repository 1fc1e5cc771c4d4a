//! Payloads of JSONata states: JSON whose strings from `{%` to `%}` are expressions.

use std::fmt::Write;

use faastlane_frame::Data;
use faastlane_value::{ArcStr, Value, intern};

use super::{Error, Expression, Scope, delimited};
use crate::{Effects, template};

/// How deep a template may be nested.
const MAX_DEPTH: usize = template::MAX_DEPTH;

/// A compiled payload.
#[derive(Debug, Clone, PartialEq)]
pub struct Template(Node);

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Literal(Data),
    Expression(Expression),
    Array(Box<[Node]>),
    Object(Box<[(ArcStr, Node)]>),
}

/// An expression of a template that has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the expression '{expression}' at '{place}': {error}")]
pub struct Failed {
    /// Where it stands in the template: nothing for the template itself, `/result`, `/list[1]/x` (so
    /// AWS names it in causes).
    pub place: String,
    /// Its text.
    pub expression: ArcStr,
    /// Why there is no value.
    pub error: Error,
}

/// One step into a template.
#[derive(Clone, Copy)]
enum Step<'n> {
    Item(usize),
    Member(&'n str),
}

impl Template {
    /// Compiles a template.
    ///
    /// # Errors
    /// All mistakes, in the order of the text: what is no JSONata, and what is nested too deep.
    pub fn compile(value: &Value) -> Result<Self, Vec<template::Error>> {
        let mut errors = Vec::new();
        let node = compile(value, &mut Vec::new(), &mut errors);
        if errors.is_empty() { Ok(Self(node)) } else { Err(errors) }
    }

    /// The value of the template.
    ///
    /// # Errors
    /// The first expression that has no value.
    pub fn evaluate(&self, scope: &Scope<'_>, effects: &mut dyn Effects) -> Result<Data, Failed> {
        evaluate(&self.0, &mut Vec::new(), scope, effects)
    }

    /// All expressions of the template, in the order of its text.
    #[must_use]
    pub fn expressions(&self) -> Vec<&Expression> {
        let mut expressions = Vec::new();
        expressions_of(&self.0, &mut expressions);
        expressions
    }

    /// Whether it has no expressions.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        matches!(self.0, Node::Literal(_))
    }

    /// Its expression, if it is one and nothing else.
    #[must_use]
    pub fn as_expression(&self) -> Option<&Expression> {
        if let Node::Expression(expression) = &self.0 { Some(expression) } else { None }
    }
}

fn evaluate<'n>(
    node: &'n Node,
    place: &mut Vec<Step<'n>>,
    scope: &Scope<'_>,
    effects: &mut dyn Effects,
) -> Result<Data, Failed> {
    match node {
        Node::Literal(value) => Ok(value.clone()),
        Node::Expression(expression) => expression.evaluate(scope, effects).map_err(|error| {
            Failed { place: written(place), expression: expression.as_str().clone(), error }
        }),
        Node::Array(items) => {
            let mut values = Vec::with_capacity(items.len());
            for (at, item) in items.iter().enumerate() {
                place.push(Step::Item(at));
                values.push(evaluate(item, place, scope, effects)?);
                place.pop();
            }
            Ok(Data::array(values))
        }
        Node::Object(members) => {
            let mut values = Vec::with_capacity(members.len());
            for (key, member) in members {
                place.push(Step::Member(key));
                values.push((key.clone(), evaluate(member, place, scope, effects)?));
                place.pop();
            }
            Ok(Data::object(values))
        }
    }
}

/// `/list[1]/x`
fn written(place: &[Step<'_>]) -> String {
    place.iter().fold(String::new(), |mut text, step| {
        let written = match step {
            Step::Item(at) => write!(text, "[{at}]"),
            Step::Member(key) => write!(text, "/{key}"),
        };
        written.expect("writing to a String does not fail");
        text
    })
}

/// Compiles `value`, which stands at `place`; what is wrong goes to `errors` and leaves a literal.
fn compile<'v>(
    value: &'v Value,
    place: &mut Vec<Step<'v>>,
    errors: &mut Vec<template::Error>,
) -> Node {
    let literal = || Node::Literal(value.clone().into());
    if place.len() > MAX_DEPTH {
        let message = format!("nested deeper than {MAX_DEPTH} levels");
        errors.push(template::Error { pointer: pointer(place), message });
        return literal();
    }
    match value {
        Value::String(text) => match delimited(text).map(Expression::parse) {
            None => Node::Literal(intern(text).into()),
            Some(Ok(expression)) => Node::Expression(expression),
            Some(Err(error)) => {
                let message = error.message;
                errors.push(template::Error { pointer: pointer(place), message });
                literal()
            }
        },
        Value::Array(array) => {
            let mut items = Vec::with_capacity(array.len());
            for (at, item) in array.iter().enumerate() {
                place.push(Step::Item(at));
                items.push(compile(item, place, errors));
                place.pop();
            }
            if items.iter().all(is_literal) { literal() } else { Node::Array(items.into()) }
        }
        Value::Object(object) => {
            let mut members = Vec::with_capacity(object.len());
            for (key, member) in object {
                place.push(Step::Member(key));
                members.push((intern(key), compile(member, place, errors)));
                place.pop();
            }
            let all = members.iter().all(|(_, member)| is_literal(member));
            if all { literal() } else { Node::Object(members.into()) }
        }
        _ => literal(),
    }
}

fn is_literal(node: &Node) -> bool {
    matches!(node, Node::Literal(_))
}

/// The place as a JSON pointer (RFC 6901).
fn pointer(place: &[Step<'_>]) -> String {
    let step = |step: &Step<'_>| match step {
        Step::Item(at) => format!("/{at}"),
        Step::Member(key) => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
    };
    place.iter().map(step).collect()
}

fn expressions_of<'n>(node: &'n Node, expressions: &mut Vec<&'n Expression>) {
    match node {
        Node::Literal(_) => {}
        Node::Expression(expression) => expressions.push(expression),
        Node::Array(items) => items.iter().for_each(|item| expressions_of(item, expressions)),
        Node::Object(members) => {
            members.iter().for_each(|(_, member)| expressions_of(member, expressions));
        }
    }
}

#[cfg(test)]
mod tests {
    use faastlane_value::json;

    use super::*;
    use crate::Variables;

    fn value(text: &str) -> Value {
        json::parse(text.as_bytes()).expect("the test's JSON is right")
    }

    fn evaluate(template: &str) -> Result<String, (String, String)> {
        let input = Data::from(value(r#"{"a": 1, "list": [{"b": 2}]}"#));
        let template = Template::compile(&value(template)).expect("the template is right");
        let context = &Data::from(Value::Null);
        let scope = Scope::new(&input, &context, &Variables::NONE, 0);
        let made = template.evaluate(&scope, &mut || 0);
        made.map(|data| data.to_json()).map_err(|failed| (failed.place.clone(), failed.to_string()))
    }

    #[test]
    fn strings_between_the_signs_are_expressions() {
        let check = |template: &str, expected: &str| {
            assert_eq!(evaluate(template).as_deref(), Ok(expected), "{template}");
        };
        check(r#""{% $states.input.a + 1 %}""#, "2");
        check(r#"{"x": "{%$states.input.a%}", "y": ["{% 'z' %}", 3]}"#, r#"{"x":1,"y":["z",3]}"#);
        check(r#"" {% 1 %}""#, r#"" {% 1 %}""#);
        check(r#""{% 1 %} ""#, r#""{% 1 %} ""#);
        check(r#"{"{% 1 %}": "{% 1 %}", "a.$": "$.a"}"#, r#"{"{% 1 %}":1,"a.$":"$.a"}"#);
        for literal in ["5", "null", "[]", r#"{"a":[{}]}"#, r#""{%""#] {
            check(literal, literal);
        }
    }

    #[test]
    fn a_failure_names_its_place() {
        let check = |template: &str, place: &str, text: &str| {
            assert_eq!(evaluate(template), Err((place.to_owned(), text.to_owned())), "{template}");
        };
        check(r#""{% $no %}""#, "", "the expression '$no' at '': returned nothing (undefined)");
        check(
            r#"{"a": 1, "list": [1, {"x": "{% 1 + 'a' %}"}]}"#,
            "/list[1]/x",
            "the expression '1 + 'a'' at '/list[1]/x': T2002: The right side of the \"+\" operator \
             must evaluate to a number",
        );
    }

    #[test]
    fn all_mistakes_are_found_with_their_places() {
        let errors = Template::compile(&value(r#"{"a/b": ["{% 1 + %}"], "c": "{% ) %}"}"#));
        let errors = errors.expect_err("there are two");
        let pointers: Vec<_> = errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/a~1b/0", "/c"]);
    }

    #[test]
    fn a_template_knows_what_it_is() {
        let compile = |text: &str| Template::compile(&value(text)).expect(text);
        assert!(compile(r#"{"a": ["{}"]}"#).is_literal());
        assert!(!compile(r#"["{% 1 %}"]"#).is_literal());
        assert_eq!(compile(r#""{% 1 %}""#).as_expression().expect("it is one").as_str(), "1");
        assert!(compile(r#"["{% 1 %}"]"#).as_expression().is_none());
        let both = compile(r#"["{% 1 %}", {"a": "{% 2 %}"}]"#);
        let texts: Vec<_> = both.expressions().into_iter().map(Expression::as_str).collect();
        assert_eq!(texts, ["1", "2"]);
    }
}
