//! Text to a JSONPath, to a value; and to a reference path that places one.
#![no_main]

use std::sync::LazyLock;

use faastlane_expr::{Path, ReferencePath, Scope, Variables};
use faastlane_frame::Data;
use faastlane_value::{Value, json};
use libfuzzer_sys::fuzz_target;

/// Something for paths to find.
const INPUT: &str = r#"{"a": {"b": [[1, [2, 3]], {"x": 0, "y": "ree", "c": [1, {"a": 1}]}]},
    "numbers": [2, 1.5], "book": [{"x": 0, "y": "re", "title": "t"}, {"x": 7}], "b": "ab"}"#;

static DATA: LazyLock<Data> =
    LazyLock::new(|| json::parse(INPUT.as_bytes()).expect("it is JSON").into());

fuzz_target!(|text: &str| {
    let input = &*DATA;
    let variables = Variables::NONE.with([("v".into(), DATA.clone())]);
    if let Ok(path) = Path::parse(text) {
        let found = path.select(&Scope::new(input, &input, &variables));
        if let Ok(value) = &found {
            assert!(json::parse(value.to_json().as_bytes()).is_ok());
        }
        let again = Path::parse(path.as_str()).expect("it was parsed before");
        assert_eq!(again.select(&Scope::new(input, &input, &variables)), found);
    }
    if let Ok(path) = ReferencePath::parse(text) {
        let _ = path.insert(input, Value::Null.into());
    }
});
