//! Text to a call of intrinsic functions, to a value.
#![no_main]

use std::sync::LazyLock;

use faastlane_expr::intrinsic::Call;
use faastlane_expr::{Scope, Variables};
use faastlane_frame::Data;
use faastlane_value::json;
use libfuzzer_sys::fuzz_target;

/// Something for arguments to be.
const INPUT: &str = r#"{"a": {"b": [[1, [2, 3]], null]}, "numbers": [2, 1.5, -7], "n": 3, "s": "a,b;c",
    "json": "{\"k\": [1e400, 12345678901234567890]}", "base64": "eA=="}"#;

static DATA: LazyLock<Data> =
    LazyLock::new(|| json::parse(INPUT.as_bytes()).expect("it is JSON").into());

fuzz_target!(|text: &str| {
    let Ok(call) = Call::parse(text) else { return };
    let input = &*DATA;
    let variables = Variables::NONE.with([("v".into(), DATA.clone())]);
    let evaluate = || call.evaluate(&Scope::new(input, &input, &variables), &mut || 7);
    let found = evaluate();
    if let Ok(value) = &found {
        assert!(json::parse(value.to_json().as_bytes()).is_ok());
    }
    assert_eq!(evaluate(), found);
});
