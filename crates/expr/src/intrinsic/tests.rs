//! Tables for intrinsic functions: call, input, result.

use std::ops::Deref;

use faastlane_frame::Data;
use faastlane_value::{Value, json};

use super::*;
use crate::Variables;

const INPUT: &str = r#"{
    "name": "Ada",
    "object": {"Id": 1, "List": ["a", {"b": null}], "None": null},
    "list": [1, 2, 2, "2", 2.0, [1], [1], {"a": 1, "b": 2}, {"b": 2, "a": 1}],
    "numbers": [10, 20, 30, 40, 50],
    "empty": "",
    "nothing": null,
    "template": "<{}>",
    "json": "{\"a\": [1, 12345678901234567890]}"
}"#;

fn evaluate(call: &str) -> Result<Value, Error> {
    let input = json::parse(INPUT.as_bytes()).expect("the test's JSON is right");
    let context = json::parse(br#"{"Execution": {"Name": "run-1"}}"#).expect("so is this");
    let context: &dyn Deref<Target = Data> = &&Data::from(context);
    let mut bits = 0x0123_4567_89AB_CDEF_u64;
    let mut random = || {
        bits = bits.rotate_left(4);
        bits
    };
    let call = Call::parse(call).unwrap_or_else(|error| panic!("{call}: {error}"));
    call.evaluate(&Scope::new(&input.into(), context, &Variables::NONE), &mut random)
}

fn check(call: &str, expected: &str) {
    let result = evaluate(call).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(result.to_json(), expected, "{call}");
}

fn check_failure(call: &str, message: &str) {
    let message = message.to_owned();
    assert_eq!(evaluate(call), Err(Error::Intrinsic { call: call.into(), message }));
}

fn check_mistake(call: &str, offset: usize, message: &str) {
    let error = Call::parse(call).expect_err(call);
    assert_eq!((error.offset, error.message.as_str()), (offset, message), "{call}");
}

#[test]
fn format_fills_in_arguments() {
    check("States.Format('Hello {}!', $.name)", r#""Hello Ada!""#);
    check("States.Format('{}{} {}', 1, 2.50, true)", r#""12.5 true""#);
    check("States.Format('plain')", r#""plain""#);
    check("States.Format('{}', null)", r#""null""#);
    check("States.Format('{}', $.object)", r#""{Id=1, List=[a, {b=null}], None=null}""#);
    check("States.Format($.template, 'x')", r#""<x>""#);
    check("States.Format('{}', $$.Execution.Name)", r#""run-1""#);
    check("States.Format('{}', $.json)", r#""{\"a\": [1, 12345678901234567890]}""#);
    check("States.Format('{}', '{}')", r#""{}""#);
    check(r"States.Format('\{{}\} \{\} \' \\ {', 1)", r#""{1} {} ' \\ {""#);
    check(r"States.Format('\n {}', 1)", r#""\\n 1""#);
    check("States.Format('a\nb')", r#""a\nb""#);
    check_failure("States.Format('{} {}', 1)", "there are more {} than arguments for them");
    check_failure("States.Format('{}', 1, 2)", "there are more arguments than {} for them");
    check_failure("States.Format(1)", "argument 1 must be a string, not the number 1");
}

#[test]
fn json_texts_become_values_and_back() {
    check("States.StringToJson($.json)", r#"{"a":[1,12345678901234567890]}"#);
    check("States.StringToJson('null')", "null");
    check("States.StringToJson('1.1')", "1.1");
    check("States.StringToJson('\"x\"')", r#""x""#);
    check("States.StringToJson($.empty)", "null");
    check(
        "States.JsonToString($.object)",
        r#""{\"Id\":1,\"List\":[\"a\",{\"b\":null}],\"None\":null}""#,
    );
    check("States.JsonToString(null)", r#""null""#);
    check("States.JsonToString('é')", r#""\"é\"""#);
    check_failure(
        "States.StringToJson('[1')",
        "argument 1 is not JSON: line 1, column 3: the text ends inside an array",
    );
    check_failure("States.StringToJson(1)", "argument 1 must be a string, not the number 1");
}

#[test]
fn merging_is_shallow() {
    check(
        "States.JsonMerge($.object, States.StringToJson('{\"Id\": {\"c\": 3}, \"x\": 4}'), false)",
        r#"{"Id":{"c":3},"List":["a",{"b":null}],"None":null,"x":4}"#,
    );
    check_failure(
        "States.JsonMerge($.object, $.object, true)",
        "argument 3 must be false: only shallow merging is supported",
    );
    check_failure(
        "States.JsonMerge($.object, $.list, false)",
        "argument 2 must be an object, not an array",
    );
}

#[test]
fn arrays_are_made_and_searched() {
    check("States.Array()", "[]");
    check("States.Array($.name, 1, null, States.Array(true))", r#"["Ada",1,null,[true]]"#);
    check("States.ArrayContains($.numbers, 30)", "true");
    check("States.ArrayContains($.numbers, '30')", "false");
    check("States.ArrayContains($.list, $.list[6])", "true");
    check("States.ArrayContains(States.Array(), 1)", "false");
    check("States.ArrayGetItem($.numbers, 4)", "50");
    check("States.ArrayLength($.numbers)", "5");
    check("States.ArrayUnique($.list)", r#"[1,2,"2",2.0,[1],{"a":1,"b":2}]"#);
    check_failure("States.ArrayGetItem($.numbers, 5)", "an array of 5 has no item 5");
    check_failure("States.ArrayGetItem($.numbers, -1)", "an array of 5 has no item -1");
    check_failure(
        "States.ArrayLength($.name)",
        r#"argument 1 must be an array, not the string "Ada""#,
    );
    check_failure("States.ArrayContains(null, 1)", "argument 1 must be an array, not null");
}

#[test]
fn arrays_are_cut_and_counted_out() {
    check("States.ArrayPartition($.numbers, 2)", "[[10,20],[30,40],[50]]");
    check("States.ArrayPartition($.numbers, 9)", "[[10,20,30,40,50]]");
    check("States.ArrayPartition($.numbers, 2.5)", "[[10,20,30],[40,50]]");
    check("States.ArrayPartition(States.Array(), 1)", "[]");
    check("States.ArrayRange(1, 9, 2)", "[1,3,5,7,9]");
    check("States.ArrayRange(1, 9, 9)", "[1]");
    check("States.ArrayRange(3, 1, -1)", "[3,2,1]");
    check("States.ArrayRange(0.5, 2.4, 1)", "[1,2]");
    check("States.ArrayRange(1, 9, -1)", "[]");
    check(
        "States.ArrayRange(9223372036854775806, 9223372036854775807, 5)",
        "[9223372036854775806]",
    );
    check("States.ArrayLength(States.ArrayRange(1, 1000, 1))", "1000");
    check_failure("States.ArrayRange(1, 1001, 1)", "the range has more than 1000 items");
    check_failure(
        "States.ArrayRange(1, 2, 0.2)",
        "argument 3 must be a number other than 0, not the number 0.2",
    );
    for size in ["0", "-1", "0.4"] {
        check_failure(
            &format!("States.ArrayPartition($.numbers, {size})"),
            &format!("argument 2 must be a number above 0, not the number {size}"),
        );
    }
}

#[test]
fn texts_are_split_at_each_delimiter() {
    check("States.StringSplit('1,2,3', ',')", r#"["1","2","3"]"#);
    check("States.StringSplit('This.is+a,test', '.+,')", r#"["This","is","a","test"]"#);
    check("States.StringSplit(', ,, ,', ',')", r#"[" "," "]"#);
    check("States.StringSplit(',,', ',')", "[]");
    check("States.StringSplit('a b', '')", r#"["a b"]"#);
    check("States.StringSplit($.empty, ',')", "[]");
    check("States.StringSplit('a\nb', '\n')", r#"["a","b"]"#);
    check(r"States.StringSplit('a\'b\\c\{d', '\'\\\{')", r#"["a","b","c","d"]"#);
    check_failure("States.StringSplit(5, ',')", "argument 1 must be a string, not the number 5");
}

#[test]
fn texts_are_encoded_and_decoded() {
    check("States.Base64Encode('Data to encode')", r#""RGF0YSB0byBlbmNvZGU=""#);
    check("States.Base64Encode('é')", r#""w6k=""#);
    check("States.Base64Encode($.empty)", r#""""#);
    check("States.Base64Decode('RGF0YSB0byBlbmNvZGU=')", r#""Data to encode""#);
    check("States.Base64Decode('RGF0YSB0byBlbmNvZGU')", r#""Data to encode""#);
    check("States.Base64Decode('/w==')", r#""�""#);
    check("States.Base64Decode($.empty)", r#""""#);
    let failure = evaluate("States.Base64Decode('*')").expect_err("a star is no Base64");
    assert!(failure.to_string().contains("argument 1 is not Base64"), "{failure}");
    let longest = "é".repeat(10_000);
    assert!(evaluate(&format!("States.Base64Encode('{longest}')")).is_ok());
    for function in ["Base64Encode('", "Base64Decode('", "Hash('"] {
        let end = if function == "Hash('" { "', 'MD5')" } else { "')" };
        check_failure(
            &format!("States.{function}{longest}!{end}"),
            "argument 1 is longer than 10000 characters",
        );
    }
}

#[test]
fn texts_are_hashed() {
    let check = |algorithm: &str, expected: &str| {
        let expected = format!("\"{expected}\"");
        super::tests::check(&format!("States.Hash('input data', '{algorithm}')"), &expected);
    };
    check("MD5", "812f45842bc6d66ee14572ce20db8e86");
    check("SHA-1", "aaff4a450a104cd177d28d18d74485e8cae074b7");
    check("SHA-256", "b4a697a057313163aee33cd8d40c66e9f0f177e00cac2de32475ffff6169c3e3");
    check(
        "SHA-384",
        "d28a7d5cf25a74f11a50a18452b75e04bb3d70c9dd0510d6123aa008c756511b87525bdc835ebb27e1fb9e9374a15562",
    );
    check(
        "SHA-512",
        "6ce4adb348546d4f449c4d25aad9a7c9cb711d9e91982d3f0b29ca2f3f47d4ce2deba23bf2954f0f1d593fc50283731a533d30d425402d4f91316d871303aac4",
    );
    check_failure(
        "States.Hash('a', 'sha-1')",
        r#"argument 2 must be MD5, SHA-1, SHA-256, SHA-384 or SHA-512, not the string "sha-1""#,
    );
    check_failure("States.Hash(1, 'MD5')", "argument 1 must be a string, not the number 1");
}

#[test]
fn numbers_are_rounded_before_they_are_added() {
    check("States.MathAdd(111, -1)", "110");
    check("States.MathAdd(1.49, 1.5)", "3");
    check("States.MathAdd(-1.49, -1.5)", "-2");
    check("States.MathAdd(-1.5, -1.51)", "-3");
    check("States.MathAdd(-0.5, 0)", "0");
    check("States.MathAdd(1e3, 0)", "1000");
    check_failure("States.MathAdd(9223372036854775807, 1)", "the sum does not fit 64 bits");
    check_failure(
        "States.MathAdd(12345678901234567890, 1)",
        "argument 1 must be a 64-bit number, not the number 12345678901234567890",
    );
    check_failure("States.MathAdd('1', 1)", r#"argument 1 must be a number, not the string "1""#);
}

#[test]
fn random_numbers_stay_in_their_range() {
    check("States.MathRandom(0, 16)", "1");
    check("States.MathRandom(-16, 0)", "-15");
    check("States.MathRandom(5, 6)", "5");
    check("States.MathRandom(0, 10, 42)", "0");
    check("States.MathRandom(100, 110, 42)", "100");
    check("States.MathRandom(0, 16, 42)", "11");
    check("States.MathRandom(0, 4611686018427387904, 3)", "3371407022812463462");
    check_failure("States.MathRandom(5, 5)", "the start 5 must be below the end 5");
    check_failure(
        "States.MathRandom(0, 'a')",
        r#"argument 2 must be a number, not the string "a""#,
    );
}

#[test]
fn uuids_are_random_and_of_version_4() {
    check("States.UUID()", r#""12345678-9abc-4ef0-a345-6789abcdef01""#);
}

#[test]
fn calls_nest_and_take_spaces() {
    check("States.ArrayLength(States.StringSplit(States.Format('{},{}', $.name, 2), ','))", "2");
    check(" States.MathAdd ( $.numbers[0] ,\n\t2 ) ", "12");
    check(
        "States.Array($.list[?(@.a == 1)].b, $['name'], $.numbers.sum())",
        r#"[[2,2],"Ada",150.0]"#,
    );
    let nested = |depth: usize| format!("{}1{}", "States.Array(".repeat(depth), ")".repeat(depth));
    check(&nested(11), "[[[[[[[[[[[1]]]]]]]]]]]");
    let message = "intrinsic functions are nested deeper than 10";
    check_mistake(&nested(12), 143, message);
    check_mistake(&nested(100_000), 143, message);
    let long = format!("States.Array(1{})", ",1".repeat(100_000));
    assert!(Call::parse(&long).is_err());
}

#[test]
fn a_path_that_leads_nowhere_is_not_found() {
    let expected = Err(Error::NotFound { path: "$.x".into() });
    assert_eq!(evaluate("States.Array(1, States.Array($.x))"), expected);
}

#[test]
fn mistakes_have_a_place() {
    check_mistake("States.Nope()", 0, "there is no intrinsic function States.Nope");
    check_mistake("States.array()", 0, "there is no intrinsic function States.array");
    check_mistake("Format()", 0, "expected 'States.', found 'F'");
    check_mistake("States.UUID", 11, "expected '(', but the text ends here");
    check_mistake("States.UUID() x", 14, "expected nothing after the ')', found 'x'");
    check_mistake("States.UUID(1)", 0, "States.UUID takes no arguments");
    check_mistake("States.Format()", 0, "States.Format takes at least 1 argument");
    check_mistake("States.ArrayLength()", 0, "States.ArrayLength takes 1 argument");
    check_mistake("States.MathAdd(1)", 0, "States.MathAdd takes 2 arguments");
    check_mistake("States.MathRandom(1)", 0, "States.MathRandom takes 2 or 3 arguments");
    check_mistake(
        "States.Array(1, States.Nope())",
        16,
        "there is no intrinsic function States.Nope",
    );
    check_mistake("States.Array('a)", 13, "the ' that opens here is never closed");
    check_mistake("States.Array(1 2)", 15, "expected ')', found '2'");
    check_mistake(
        "States.Array($.a[)",
        17,
        "expected a quoted name, an index, '*' or '?(', found ')'",
    );
    check_mistake("States.Array(1.)", 13, "'1.' is not a number");
    check_mistake(
        "States.Array(\"a\")",
        13,
        "expected a path, a 'string', a number, true, false, null or a function, found '\"'",
    );
}
