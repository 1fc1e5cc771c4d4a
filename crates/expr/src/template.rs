//! Payload templates: JSON in which a key that ends in `.$` takes its value from an expression
//! (States Language, "Payload Template").
//!
//! A template is compiled into a tree whose static parts are shared values, so that evaluating it
//! copies nothing but what expressions bring in.

use faastlane_frame::Data;
use faastlane_value::{ArcStr, Value, intern};

use crate::{Effects, Expression, ParseError, Scope};

/// How deep a template may be nested.
pub const MAX_DEPTH: usize = 512;

/// A compiled payload template.
#[derive(Debug, Clone)]
pub struct Template(Node);

#[derive(Debug, Clone)]
enum Node {
    Literal(Data),
    Array(Box<[Node]>),
    Object(Box<[Member]>),
    Dynamic { field: ArcStr, expression: Expression },
}

#[derive(Debug, Clone)]
struct Member {
    key: ArcStr,
    node: Node,
}

/// JSON that is no payload template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at '{pointer}': {message}")]
pub struct Error {
    /// The field's place in the template, as a JSON pointer (RFC 6901).
    pub pointer: String,
    /// What is wrong there.
    pub message: String,
}

/// A template whose expression could not be evaluated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("field '{field}': {error}")]
pub struct EvaluateError {
    /// The key of the field, with its `.$`.
    pub field: ArcStr,
    /// What failed.
    pub error: crate::Error,
}

impl Template {
    /// Compiles a template.
    ///
    /// # Errors
    /// All mistakes, in the order of the text: keys that end in `.$` whose values are no expressions,
    /// and what is nested deeper than [`MAX_DEPTH`].
    pub fn compile(template: &Value) -> Result<Self, Vec<Error>> {
        let mut errors = Vec::new();
        let node = compile(template, &mut Vec::new(), &mut errors);
        if errors.is_empty() { Ok(Self(node)) } else { Err(errors) }
    }

    /// All expressions of the template, in the order of its text.
    #[must_use]
    pub fn expressions(&self) -> Vec<&Expression> {
        let mut expressions = Vec::new();
        expressions_of(&self.0, &mut expressions);
        expressions
    }

    /// The value of the template.
    ///
    /// # Errors
    /// The first expression that could not be evaluated.
    pub fn evaluate(
        &self,
        scope: &Scope<'_>,
        effects: &mut dyn Effects,
    ) -> Result<Data, EvaluateError> {
        evaluate(&self.0, scope, effects)
    }
}

fn evaluate(
    node: &Node,
    scope: &Scope<'_>,
    effects: &mut dyn Effects,
) -> Result<Data, EvaluateError> {
    match node {
        Node::Literal(value) => Ok(value.clone()),
        Node::Dynamic { field, expression } => expression
            .evaluate(scope, effects)
            .map_err(|error| EvaluateError { field: field.clone(), error }),
        Node::Array(items) => {
            // Not collected, because an iterator of results does not say how many there will be.
            let mut values = Vec::with_capacity(items.len());
            for item in items {
                values.push(evaluate(item, scope, effects)?);
            }
            Ok(Data::array(values))
        }
        Node::Object(members) => {
            let mut values = Vec::with_capacity(members.len());
            for member in members {
                values.push((member.key.clone(), evaluate(&member.node, scope, effects)?));
            }
            Ok(Data::object(values))
        }
    }
}

/// Compiles `value`, which stands at `place`; what is wrong goes to `errors` and leaves a literal.
fn compile(value: &Value, place: &mut Vec<String>, errors: &mut Vec<Error>) -> Node {
    if place.len() > MAX_DEPTH {
        let message = format!("nested deeper than {MAX_DEPTH} levels");
        errors.push(Error { pointer: pointer(place), message });
        return Node::Literal(Value::Null.into());
    }
    match value {
        Value::Array(array) => {
            let mut items = Vec::with_capacity(array.len());
            for (at, item) in array.iter().enumerate() {
                place.push(at.to_string());
                items.push(compile(item, place, errors));
                place.pop();
            }
            literal_unless(items.iter().any(is_dynamic), value, || Node::Array(items.into()))
        }
        Value::Object(object) => {
            let mut members = Vec::with_capacity(object.len());
            for (key, value) in object {
                place.push(key.to_string());
                members.push(member(key, value, place, errors));
                place.pop();
            }
            let dynamic = members.iter().any(|member| is_dynamic(&member.node));
            literal_unless(dynamic, value, || Node::Object(members.into()))
        }
        Value::String(text) => Node::Literal(intern(text).into()),
        plain => Node::Literal(plain.clone().into()),
    }
}

fn member(key: &ArcStr, value: &Value, place: &mut Vec<String>, errors: &mut Vec<Error>) -> Member {
    let Some(name) = key.strip_suffix(".$") else {
        return Member { key: intern(key), node: compile(value, place, errors) };
    };
    let mut refuse = |message: String| {
        errors.push(Error { pointer: pointer(place), message });
        Node::Literal(Value::Null.into())
    };
    let node = match value {
        Value::String(text) => match Expression::parse(text) {
            Ok(expression) => Node::Dynamic { field: key.clone(), expression },
            Err(ParseError { message, offset }) => refuse(format!(
                "the value for the field '{key}' must be a valid JSONPath or a valid intrinsic \
                 function call: {message} (at offset {offset} of \"{text}\")"
            )),
        },
        other => refuse(format!(
            "the value for the field '{key}' must be a string with a JSONPath or an intrinsic \
             function call, not {}",
            other.kind()
        )),
    };
    Member { key: intern(name), node }
}

fn is_dynamic(node: &Node) -> bool {
    !matches!(node, Node::Literal(_))
}

fn literal_unless(dynamic: bool, value: &Value, node: impl FnOnce() -> Node) -> Node {
    if dynamic { node() } else { Node::Literal(value.clone().into()) }
}

fn pointer(place: &[String]) -> String {
    place.iter().map(|key| format!("/{}", key.replace('~', "~0").replace('/', "~1"))).collect()
}

fn expressions_of<'n>(node: &'n Node, expressions: &mut Vec<&'n Expression>) {
    match node {
        Node::Literal(_) => {}
        Node::Dynamic { expression, .. } => expressions.push(expression),
        Node::Array(items) => items.iter().for_each(|item| expressions_of(item, expressions)),
        Node::Object(members) => {
            members.iter().for_each(|member| expressions_of(&member.node, expressions));
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

    fn evaluate(template: &str) -> Result<Data, EvaluateError> {
        let input = value(r#"{"a": 1, "list": [{"b": 2}], "name.$": "x"}"#);
        let context = Data::from(value(r#"{"State": {"Name": "S"}}"#));
        let template = Template::compile(&value(template)).expect("the template is right");
        template.evaluate(&Scope::new(&input.into(), &&context, &Variables::NONE), &mut || 0)
    }

    fn check(template: &str, expected: &str) {
        let result = evaluate(template).map(|result| result.to_json());
        assert_eq!(result.as_deref(), Ok(expected), "{template}");
    }

    fn check_mistakes(template: &str, expected: &[(&str, &str)]) {
        let errors = Template::compile(&value(template)).expect_err(template);
        let errors: Vec<_> =
            errors.iter().map(|error| (error.pointer.as_str(), error.message.as_str())).collect();
        assert_eq!(errors, expected, "{template}");
    }

    #[test]
    fn keys_that_end_in_dollar_are_expressions() {
        check(r#"{"x.$": "$.a"}"#, r#"{"x":1}"#);
        check(
            r#"{"x.$": "$", "y": "$.a"}"#,
            r#"{"x":{"a":1,"list":[{"b":2}],"name.$":"x"},"y":"$.a"}"#,
        );
        check(r#"{"x.$": "$$.State.Name"}"#, r#"{"x":"S"}"#);
        check(r#"{"x.$": "States.MathAdd($.a, 1)"}"#, r#"{"x":2}"#);
        check(r#"{"x": {"y": [{"z.$": "$.a"}, "$.a", 5]}}"#, r#"{"x":{"y":[{"z":1},"$.a",5]}}"#);
        check(r#"{"a.b.$": "$.list[*].b"}"#, r#"{"a.b":[2]}"#);
        check(r#"{"x": 1, "x.$": "$.list[0]"}"#, r#"{"x":{"b":2}}"#);
        check(r#"{".$": "$.a"}"#, r#"{"":1}"#);
        check(r#"{"$": "$.a"}"#, r#"{"$":"$.a"}"#);
    }

    #[test]
    fn templates_need_not_be_objects() {
        for text in [r#""$.a""#, "5", "null", "[]", r#"{"a":[{}]}"#] {
            check(text, text);
        }
        check(r#"[{"x.$":"$.a"}]"#, r#"[{"x":1}]"#);
    }

    #[test]
    fn what_comes_from_the_input_is_no_template() {
        check(r#"{"x.$": "$['name.$']"}"#, r#"{"x":"x"}"#);
    }

    #[test]
    fn a_failure_names_its_field() {
        let check = |template: &str, field: &str, error: crate::Error| {
            assert_eq!(evaluate(template), Err(EvaluateError { field: field.into(), error }));
        };
        let not_found = |path: &str| crate::Error::NotFound { path: path.into() };
        check(r#"{"ok.$": "$.a", "x": [{"y.$": "$.b"}]}"#, "y.$", not_found("$.b"));
        check(r#"{"y.$": "States.Array($$.No)"}"#, "y.$", not_found("$$.No"));
        let call = "States.ArrayLength($.a)".into();
        let message = "argument 1 must be an array, not the number 1".to_owned();
        check(
            r#"{"n.$": "States.ArrayLength($.a)"}"#,
            "n.$",
            crate::Error::Intrinsic { call, message },
        );
    }

    #[test]
    fn all_mistakes_are_found_with_their_places() {
        check_mistakes(
            r#"{"a.$": 5, "b": [1, {"c/d.$": "x"}], "e.$": "$[", "f.$": {"g.$": "$"}}"#,
            &[
                (
                    "/a.$",
                    "the value for the field 'a.$' must be a string with a JSONPath or an intrinsic function call, not number",
                ),
                (
                    "/b/1/c~1d.$",
                    "the value for the field 'c/d.$' must be a valid JSONPath or a valid intrinsic function call: expected a JSONPath such as $.a or an intrinsic function such as States.Format(...) (at offset 0 of \"x\")",
                ),
                (
                    "/e.$",
                    "the value for the field 'e.$' must be a valid JSONPath or a valid intrinsic function call: expected a quoted name, an index, '*' or '?(', but the text ends here (at offset 2 of \"$[\")",
                ),
                (
                    "/f.$",
                    "the value for the field 'f.$' must be a string with a JSONPath or an intrinsic function call, not object",
                ),
            ],
        );
    }

    #[test]
    fn too_deep_templates_are_refused() {
        let deep = (0..600).fold(Value::Null, |inner, _| Value::array([inner]));
        let errors = Template::compile(&deep).expect_err("too deep");
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].message, "nested deeper than 512 levels");
        let dynamic = value(r#"{"x.$": "$"}"#);
        let deep = (0..MAX_DEPTH - 1).fold(dynamic, |inner, _| Value::array([inner]));
        let template = Template::compile(&deep).expect("just not too deep");
        let made = template.evaluate(
            &Scope::new(&Value::Null.into(), &&Data::from(Value::Null), &Variables::NONE),
            &mut || 0,
        );
        assert!(made.expect("`$` is always there").to_json().contains(r#"[{"x":null}]"#));
    }

    #[test]
    fn templates_are_shared_between_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<Template>();
    }

    #[test]
    fn static_parts_are_shared() {
        let template = Template::compile(&value(r#"{"big": [1, 2], "x.$": "$"}"#));
        let template = template.expect("the template is right");
        let big = || {
            let made = template.evaluate(
                &Scope::new(&Value::Null.into(), &&Data::from(Value::Null), &Variables::NONE),
                &mut || 0,
            );
            let made = made.expect("`$` is always there");
            made.value().get("big").and_then(Value::as_array).expect("an array").as_ptr()
        };
        assert_eq!(big(), big());
        let texts: Vec<_> =
            template.expressions().iter().map(|found| found.as_str().to_string()).collect();
        assert_eq!(texts, ["$"]);
    }
}
