//! Text to a JSONata expression, to a value.
//!
//! Whatever the text is, it is refused or evaluated within its limits. A plain path gives the same
//! whether it is followed or evaluated, and the same expression always gives the same.
#![no_main]

use std::sync::LazyLock;

use faastlane_expr::Variables;
use faastlane_expr::jsonata::{Error, Expression, Limits, Scope};
use faastlane_frame::Data;
use faastlane_value::json;
use libfuzzer_sys::fuzz_target;

/// Something for expressions to find.
const INPUT: &str = r#"{"a": {"b": true, "list": [[1], {"c": "x"}]}, "items": [{"n": 1, "p": 2.5}, {"n": 2}],
    "n": 2, "s": "2026-01-31T12:00:00Z", "none": null, "one": ["a b"], "t": "Grüße 𐍆"}"#;

static DATA: LazyLock<Data> =
    LazyLock::new(|| json::parse(INPUT.as_bytes()).expect("it is JSON").into());

// The hook of the fuzzer ends the process at a panic that would be caught, which is that of another crate.
fuzz_target!(init: std::panic::set_hook(Box::new(|_| {})), |text: &str| {
    let Ok(expression) = Expression::parse(text) else { return };
    let variables = Variables::NONE.with([("v".into(), DATA.clone())]);
    let input = &*DATA;
    // Tight enough for an instrumented program to meet them before the fuzzer's own.
    let limits = Limits { bytes: 128 * 1024 * 1024, milliseconds: 1_000, ..Limits::DEFAULT };
    let scope = || Scope::new(input, &input, &variables, 1_700_000_000_000).with_limits(limits);
    let evaluate = || expression.evaluate(&scope(), &mut || 7);
    let value = evaluate();
    match &value {
        Ok(value) => assert!(json::parse(value.to_json().as_bytes()).is_ok()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    let evaluated = expression.evaluate_on(None, &scope(), &mut || 7);
    let limited = |value: &Result<Data, Error>| matches!(value, Err(Error::Limit { .. }));
    // `$toMillis` may look at the clock, and what meets a limit of time may not do so again.
    if !limited(&value) && !limited(&evaluated) && !text.contains("toMillis") {
        assert_eq!(value, evaluated);
    }
});
