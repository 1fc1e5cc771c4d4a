//! Tables for paths: text, document, result.

use faastlane_frame::Frame;
use faastlane_value::{Value, json};

use super::*;
use crate::Variables;

const STORE: &str = r#"{
    "store": {
        "book": [
            {"title": "Sayings", "price": 8.95, "tags": ["old", "short"], "isbn": null},
            {"title": "Sword", "price": 12.99, "tags": ["war"]},
            {"title": "Moby Dick", "price": 8, "tags": [], "isbn": "0-553"}
        ],
        "bicycle": {"color": "red", "price": 19.95}
    },
    "limit": 10,
    "empty": {},
    "name": "Ada",
    "words": ["a", "b", 3, null],
    "numbers": [1, 2, 3, 4],
    "a.b": {"c d": 1},
    "nothing": null
}"#;

fn value(text: &str) -> Value {
    json::parse(text.as_bytes()).expect("the test's JSON is right")
}

fn select(path: &str, document: &Value) -> Result<Value, Error> {
    let context = Data::from(value(r#"{"Execution": {"Id": "arn:1"}}"#));
    let variables = Variables::NONE.with([("x".into(), value(r#"{"y": [7]}"#).into())]);
    let path = Path::parse(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let [found, in_frame] = forms(document)
        .map(|input| path.select(&Scope::new(&input, &&context, &variables)).map(Data::into_value));
    assert_eq!(found, in_frame, "{}", path.as_str());
    found
}

/// A document as a tree, and as a frame that nobody has looked at.
fn forms(document: &Value) -> [Data; 2] {
    let tree = Data::from(document.clone());
    // Depth and size are those of the test's documents, so a frame can nearly always hold them.
    let frame = tree.frame().map(|bytes| Frame::check(bytes.into_owned()));
    let in_frame = frame.map_or(tree.clone(), |frame| frame.expect("we wrote it").into());
    [tree, in_frame]
}

/// What `path` finds in the store.
fn check(path: &str, expected: &str) {
    let found = select(path, &value(STORE)).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert_eq!(found.to_json(), expected, "{path}");
}

fn check_missing(path: &str) {
    let expected = Err(Error::NotFound { path: path.into() });
    assert_eq!(select(path, &value(STORE)), expected, "{path}");
}

/// The titles of the books that a filter accepts.
fn check_filter(filter: &str, expected: &str) {
    check(&format!("$.store.book[?({filter})].title"), expected);
}

fn check_error(path: &str, offset: usize, message: &str) {
    let error = Path::parse(path).expect_err(path);
    assert_eq!((error.offset, error.message.as_str()), (offset, message), "{path}");
}

#[test]
fn definite_paths_give_one_value() {
    check("$.name", r#""Ada""#);
    check(" $.name ", r#""Ada""#);
    check("$['name']", r#""Ada""#);
    check(r#"$["name"]"#, r#""Ada""#);
    check("$.['name']", r#""Ada""#);
    check("$[ 'name' ]", r#""Ada""#);
    check("$.store.book[1].title", r#""Sword""#);
    check("$.store.book[-1].title", r#""Moby Dick""#);
    check("$['store']['book'][0]['title']", r#""Sayings""#);
    check("$['a.b']['c d']", "1");
    check(r"$.a\.b['c d']", "1");
    check("$.nothing", "null");
    check("$.store.bicycle", r#"{"color":"red","price":19.95}"#);
    check("$.store.bicycle['price','color']", r#"{"price":19.95,"color":"red"}"#);
    check("$.store.bicycle['price','gears']", r#"{"price":19.95}"#);
}

#[test]
fn the_root_is_the_whole_document() {
    for document in ["null", "1", r#""text""#, "[1]", "{}"] {
        assert_eq!(select("$", &value(document)), Ok(value(document)));
    }
}

#[test]
fn names_may_hold_any_characters() {
    let check = |path: &str, key: &str| {
        let document = Value::object([(key, Value::from(1))]);
        assert_eq!(select(path, &document), Ok(Value::from(1)), "{path}");
    };
    check("$.input-value", "input-value");
    check("$.a:b@c,d", "a:b@c,d");
    check("$.1", "1");
    check("$.naïve", "naïve");
    check(r"$.\stor\e", "store");
    check(r"$.\[\[\.\?x", "[[.?x");
    check(r"$.\uD800\uDF46", "𐍆");
    check("$['']", "");
    check(r"$['it\'s']", "it's");
    check(r"$['a\\b']", r"a\b");
    check(r#"$['a\"b']"#, r#"a\"b"#);
    check(r#"$["it's"]"#, "it's");
    check("$['a]b']", "a]b");
    check("$['{}']", "{}");
}

#[test]
fn a_definite_path_that_leads_nowhere_is_not_found() {
    for path in [
        "$.x",
        "$.name.x",
        "$.nothing.x",
        "$.numbers[4]",
        "$.numbers[-5]",
        "$.name[0]",
        "$.store[0]",
        "$.numbers.length",
        "$.x.length()",
        "$.numbers['a','b']",
    ] {
        check_missing(path);
    }
}

#[test]
fn each_root_has_its_document() {
    check("$$", r#"{"Execution":{"Id":"arn:1"}}"#);
    check("$$.Execution.Id", r#""arn:1""#);
    check("$$['Execution']['Id']", r#""arn:1""#);
    check("$x.y[0]", "7");
    check("$x", r#"{"y":[7]}"#);
    check_missing("$$.Execution.Name");
    check_missing("$y");
    let root = |text| Path::parse(text).map(|path| path.root().clone());
    assert_eq!(root("$.a"), Ok(Root::Input));
    assert_eq!(root("$$.a"), Ok(Root::Context));
    assert_eq!(root("$my_name1.a"), Ok(Root::Variable("my_name1".into())));
}

#[test]
fn the_context_object_is_built_only_on_demand() {
    let context = std::cell::LazyCell::new(|| panic!("nobody asked"));
    let input = value(STORE);
    let found = Path::parse("$.name")
        .map(|path| path.select(&Scope::new(&input.into(), &context, &Variables::NONE)));
    assert_eq!(found, Ok(Ok(Value::from("Ada").into())));
}

#[test]
fn indefinite_paths_give_arrays() {
    check("$.numbers[*]", "[1,2,3,4]");
    check("$.numbers.*", "[1,2,3,4]");
    check("$.store.bicycle.*", r#"["red",19.95]"#);
    check("$.store.book[*].title", r#"["Sayings","Sword","Moby Dick"]"#);
    check("$.store.book[*].isbn", r#"[null,"0-553"]"#);
    check("$.store.*.price", "[19.95]");
    check("$.numbers[0,2]", "[1,3]");
    check("$.numbers[ 0 , -1 , 9 ]", "[1,4]");
    check("$['name','limit'].x", "[]");
    check("$.store['book','bicycle'].price", "[19.95]");
    check("$.empty[*]", "[]");
    check("$.name[*]", "[]");
    check("$.x[*]", "[]");
    check("$.x.y[1:5]", "[]");
    check("$.x[:1].y", "[]");
    check("$.store.book[?(@.x)]", "[]");
}

#[test]
fn slices_end_before_their_end() {
    check("$.numbers[1:3]", "[2,3]");
    check("$.numbers[1:]", "[2,3,4]");
    check("$.numbers[:2]", "[1,2]");
    check("$.numbers[-2:]", "[3,4]");
    check("$.numbers[:-1]", "[1,2,3]");
    check("$.numbers[-3:-1]", "[2,3]");
    check("$.numbers[2:99]", "[3,4]");
    check("$.numbers[-99:2]", "[1,2,3,4,1,2]");
    check("$.numbers[9:]", "[]");
    check("$.numbers[-99:]", "[1,2,3,4]");
    check("$.numbers[1:-1]", "[]");
    check("$.numbers[ 1 : 2 ]", "[2]");
}

#[test]
fn deep_scans_go_parents_first() {
    check("$..price", "[8.95,12.99,8,19.95]");
    check("$..book[0].title", r#"["Sayings"]"#);
    check("$..book[*].title", r#"["Sayings","Sword","Moby Dick"]"#);
    check("$..['color']", r#"["red"]"#);
    check("$..['color','price']", r#"[{"color":"red","price":19.95}]"#);
    check("$.store..tags[0]", r#"["old","war"]"#);
    check("$..[?(@.color)].price", "[19.95]");
    check("$.numbers..*", "[1,2,3,4]");
    check("$..x", "[]");
    check("$..tags..*", r#"["old","short","war"]"#);
}

#[test]
fn filters_compare() {
    check_filter("@.price < 10", r#"["Sayings","Moby Dick"]"#);
    check_filter("@.price <= 8", r#"["Moby Dick"]"#);
    check_filter("@.price > $.limit", r#"["Sword"]"#);
    check_filter("@.price>=12.99", r#"["Sword"]"#);
    check_filter("@.title == 'Sword'", r#"["Sword"]"#);
    check_filter("'Sword' == @.title", r#"["Sword"]"#);
    check_filter(r#"@["title"]=="Sword""#, r#"["Sword"]"#);
    check_filter("@.title != 'Sword'", r#"["Sayings","Moby Dick"]"#);
    check_filter("@.title > 'Sa'", r#"["Sayings","Sword"]"#);
    check_filter("@.price == 8.0", r#"["Moby Dick"]"#);
    check_filter("@.price == '8'", r#"["Moby Dick"]"#);
    check_filter("'8' == @.price", r#"["Moby Dick"]"#);
    check_filter("@.price === '8'", "[]");
    check_filter("@.price === 8", r#"["Moby Dick"]"#);
    check_filter("@.price !== '8'", r#"["Sayings","Sword","Moby Dick"]"#);
    check_filter("@.isbn == null", r#"["Sayings"]"#);
    check_filter("@.isbn != null", r#"["Sword","Moby Dick"]"#);
    check_filter("@.isbn > 5", "[]");
    check_filter("@.tags == ['war']", r#"["Sword"]"#);
    check_filter("@.tags == 'war'", "[]");
    check_filter("@.tags[0] == 'war'", r#"["Sword"]"#);
}

#[test]
fn filters_test_presence_and_combine() {
    check_filter("@.isbn", r#"["Sayings","Moby Dick"]"#);
    check_filter("!@.isbn", r#"["Sword"]"#);
    check_filter("!(@.isbn)", r#"["Sword"]"#);
    check_filter("!(!@.isbn)", r#"["Sayings","Moby Dick"]"#);
    check_filter("@.tags[*]", r#"["Sayings","Sword","Moby Dick"]"#);
    check_filter("@.nope[*]", "[]");
    check_filter("@.isbn && @.price > 8", r#"["Sayings"]"#);
    check_filter("@.isbn&&@.price>8", r#"["Sayings"]"#);
    check_filter("@.price > 12 || @.price == 8", r#"["Sword","Moby Dick"]"#);
    check_filter("@.price > 12 || @.isbn && @.title == 'Sayings'", r#"["Sayings","Sword"]"#);
    check_filter("(@.price > 12 || @.isbn) && @.title == 'Sayings'", r#"["Sayings"]"#);
    check_filter("!(@.isbn || @.price > 12)", "[]");
    check_filter("@.title =~ /m.*/i || !(@.isbn)", r#"["Sword","Moby Dick"]"#);
}

#[test]
fn filters_match_regular_expressions_from_end_to_end() {
    check_filter("@.title =~ /S.*/", r#"["Sayings","Sword"]"#);
    check_filter("@.title =~ /S/", "[]");
    check_filter("@.title =~ /s.*/i", r#"["Sayings","Sword"]"#);
    check_filter("/S.*/ =~ @.title", r#"["Sayings","Sword"]"#);
    check_filter("@.title =~ /a|Sword/", r#"["Sword"]"#);
    check_filter("@.title =~ /S w o r d # it/x", r#"["Sword"]"#);
    check_filter(r"@.isbn =~ /\d-\d+/", r#"["Moby Dick"]"#);
    check_filter("@.price =~ /8.*/", r#"["Sayings","Moby Dick"]"#);
    check_filter("@.tags =~ /o.*/", r#"["Sayings"]"#);
    check_filter("@.nope =~ /.*/", r#"["Sayings","Sword","Moby Dick"]"#);
    check_filter("@.title == /S.*/", "[]");
}

#[test]
fn filters_look_into_lists() {
    check_filter("@.title in ['Sword', 'Ring']", r#"["Sword"]"#);
    check_filter("@.title IN [\"Sword\"]", r#"["Sword"]"#);
    check_filter("'war' in @.tags", r#"["Sword"]"#);
    check_filter("@.title nin ['Sword']", r#"["Sayings","Moby Dick"]"#);
    check_filter("@.tags subsetof ['old', 'short', 'long']", r#"["Sayings","Moby Dick"]"#);
    check_filter("@.tags anyof ['war', 'old']", r#"["Sayings","Sword"]"#);
    check_filter("@.tags noneof ['war']", r#"["Sayings","Moby Dick"]"#);
    check_filter("@.tags all ['old', 'short']", r#"["Sayings"]"#);
    check_filter("@.tags contains 'old'", r#"["Sayings"]"#);
    check_filter("@.title contains 'or'", r#"["Sword"]"#);
    check_filter("@.tags size 2", r#"["Sayings"]"#);
    check_filter("@.title size 5", r#"["Sword"]"#);
    check_filter("@.tags empty true", r#"["Moby Dick"]"#);
    check_filter("@.tags empty false", r#"["Sayings","Sword"]"#);
    check_filter("@.tags.length() == 2", r#"["Sayings"]"#);
    check_filter("@.nope in []", "[]");
    check_filter("@.nope nin []", r#"["Sayings","Sword","Moby Dick"]"#);
}

#[test]
fn filters_apply_to_objects_and_scalars() {
    check("$.store.bicycle[?(@.color == 'red')]", r#"[{"color":"red","price":19.95}]"#);
    check("$.store.bicycle[?(@.color == 'blue')]", "[]");
    check("$.numbers[?(@ > 2)]", "[3,4]");
    check("$.words[?(@ == 'a')]", r#"["a"]"#);
    check("$.name[?(@ == 'Ada')]", "[]");
    check("$.store.book[?(@.tags[?(@ == 'war')] empty false)].title", r#"["Sword"]"#);
}

#[test]
fn literals_in_filters_are_json_in_either_quotes() {
    check_filter(r"@.title == '\u0053wor\d'", r#"["Sword"]"#);
    check_filter(
        "{'t': [true, {\"u\": -1e2}, null, false]} == {\"t\": [true, {'u': -100.0}, null, false]}",
        r#"["Sayings","Sword","Moby Dick"]"#,
    );
    check_filter("{} == {}", r#"["Sayings","Sword","Moby Dick"]"#);
    check_filter("1 == 2", "[]");
}

#[test]
fn functions_work_on_the_value_before_them() {
    check("$.numbers.min()", "1.0");
    check("$.numbers.max()", "4.0");
    check("$.numbers.avg()", "2.5");
    check("$.numbers.sum()", "10.0");
    check("$.numbers.stddev()", "1.118033988749895");
    check("$.words.sum()", "3.0");
    check("$.numbers.sum($.limit, 5, [1, 2])", "28.0");
    check("$.numbers.length()", "4");
    check("$.numbers.size()", "4");
    check("$.store.bicycle.length()", "2");
    check("$.name.length()", "null");
    check("$.length($.numbers)", "4");
    check("$.store.bicycle.keys()", r#"["color","price"]"#);
    check("$.numbers.keys()", "null");
    check("$.words.concat()", r#""ab""#);
    check("$.words.concat('-', $.name, $.numbers)", r#""ab-Ada1234""#);
    check("$.numbers.append(5, $.name)", r#"[1,2,3,4,5,"Ada"]"#);
    check("$.name.append(5)", r#""Ada""#);
    check("$.numbers.first()", "1");
    check("$.numbers.last()", "4");
    check("$.numbers.index(1)", "2");
    check("$.numbers.index( -2 )", "3");
    check("$.numbers.append({'a': 1}).last().a", "1");
    check("$.store.book[*].tags.length()", "[2,1,0]");
    check("$..price.max()", "19.95");
    check("$..price.length()", "4");
    check("$..tags[*].concat()", r#""oldshortwar""#);
}

#[test]
fn functions_that_cannot_work_say_why() {
    let check = |path: &str, expected: &str| {
        let message = expected.to_owned();
        let expected = Err(Error::Path { path: path.into(), message });
        assert_eq!(select(path, &value(STORE)), expected);
    };
    check("$.empty.min()", "there are no numbers to calculate with");
    check("$.name.first()", "first(), last() and index() need an array");
    check("$.numbers.index(4)", "an array of 4 has no item 4");
    check("$.numbers.index('a')", "index() needs a whole number");
    check("$.numbers.sum(1e308, 1e308)", "the result does not fit a number");
}

#[test]
fn mistakes_have_a_place() {
    check_error("", 0, "a JSONPath must start with '$'");
    check_error("a.b", 0, "a JSONPath must start with '$'");
    check_error("$.", 2, "expected a name, but the text ends here");
    check_error("$..", 3, "expected a name, but the text ends here");
    check_error("$...a", 3, "expected a name, found '.'");
    check_error("$.a[", 4, "expected a quoted name, an index, '*' or '?(', but the text ends here");
    check_error("$.a[]", 4, "expected a quoted name, an index, '*' or '?(', found ']'");
    check_error("$[a]", 2, "expected a quoted name, an index, '*' or '?(', found 'a'");
    check_error("$[0", 3, "expected ']', but the text ends here");
    check_error("$['a'b]", 5, "expected ']', found 'b'");
    check_error("$['a", 2, "the ' that opens here is never closed");
    check_error("$['a',]", 6, "expected a name in ', found ']'");
    check_error("$[0]a", 4, "expected '.' or '[', found 'a'");
    check_error("$.a b", 3, "a name with spaces must be written as ['a name']");
}

#[test]
fn mistakes_in_indexes_filters_and_functions_have_a_place() {
    check_error("$[:]", 2, "a slice needs a bound: [1:], [:5] or [1:5]");
    check_error("$[0:9:2]", 5, "a slice cannot have a step");
    check_error("$[99999999999]", 2, "'99999999999' is not an index");
    check_error("$[1-2]", 2, "'1-2' is not an index");
    check_error("$[0,]", 4, "expected an index, found ']'");
    check_error("$[?@.a]", 3, "expected '(', found '@'");
    check_error("$[?(@.a]", 7, "expected a comparison such as == or in, found ']'");
    check_error("$[?(1)]", 5, "expected a comparison such as == or in, found ')'");
    check_error("$[?(@.a like 1)]", 8, "there is no operator 'like' in filters");
    check_error("$[?(@.a ==)]", 10, "expected a path or a value, found ')'");
    check_error("$[?(@.a == 01)]", 11, "'01' is not a number");
    check_error("$[?(@.a == 1 && )]", 16, "expected a path or a value, found ')'");
    check_error("$[?(@.a =~ /(/)]", 11, "/(/ is not a regular expression that is supported here");
    check_error("$.a.median()", 4, "there is no function median() in JSONPath");
    check_error("$.a.sum(1", 9, "expected ')', but the text ends here");
    check_error("$..length()", 3, "'..' must be followed by a name, '[' or '*'");
    check_error("$1", 0, "the name of a variable must start with a letter");
}

#[test]
fn too_long_and_too_deep_paths_are_refused() {
    let check = |text: String, message: &str| {
        assert_eq!(Path::parse(&text).expect_err("too much").message, message);
    };
    check(format!("${}", ".a".repeat(100_000)), "the expression has more than 512 parts");
    check(format!("$[0{}]", ",0".repeat(100_000)), "the expression has more than 512 parts");
    check(format!("$['a'{}]", ",'a'".repeat(100_000)), "the expression has more than 512 parts");
    for (open, close) in [("[?(@", ")]"), ("[?((", "))]")] {
        let text = format!("${}{}", open.repeat(100_000), close.repeat(100_000));
        assert!(Path::parse(&text).is_err());
    }
    let nested = |open: &str| format!("$[?(@ == {}", open.repeat(100_000));
    check(nested("["), "the expression is nested deeper than 32 levels");
    check(format!("$[?({}", "(".repeat(100_000)), "the expression is nested deeper than 32 levels");
    let bangs = format!("$.store.book[?({}@.isbn)].title", "!".repeat(100_001));
    let titles = select(&bangs, &value(STORE)).map(|titles| titles.to_json());
    assert_eq!(titles.as_deref(), Ok(r#"["Sword"]"#));
}

#[test]
fn paths_at_the_limits_are_walked() {
    let check = |path: &str, document: &str, expected: &str| {
        let found = select(path, &value(document)).map(|found| found.to_json());
        assert_eq!(found.as_deref(), Ok(expected), "{path}");
    };
    check(&format!("${}", "[?(@)]".repeat(250)), "{}", "[{}]");
    check(&format!("${}.length()", ".append(1)".repeat(250)), "[]", "250");
    check(&format!("$[?({}@.a{})]", "(".repeat(30), ")".repeat(30)), r#"{"a":1}"#, r#"[{"a":1}]"#);
    check(
        &format!("$[?(@{}{})]", "[?(@".repeat(15), ")]".repeat(15)),
        r#"{"a":1}"#,
        r#"[{"a":1}]"#,
    );
    let nested = format!("$.append({}1{})", "$.append(".repeat(15), ")".repeat(15));
    check(&format!("{nested}.length()"), "[]", "1");
    let heavy = Path::parse(r"$[?(@ =~ /(\w{1000}){1000}/)]").expect_err("too large");
    assert_eq!(heavy.offset, 9);
}

#[test]
fn an_explosion_of_matches_is_stopped() {
    let deep = (0..600).fold(Value::Null, |inner, _| Value::array([inner]));
    for path in ["$..*..*..*..*", "$..[?($..[?($..[?($..* size 0)] size 0)] size 0)]"] {
        let message = "it visits more than 50000000 values; make it more specific".to_owned();
        let expected = Err(Error::Path { path: path.into(), message });
        assert_eq!(select(path, &deep), expected);
    }
}

#[test]
fn kinds_of_paths_are_known() {
    let check = |text: &str, definite: bool, reference: bool| {
        let path = Path::parse(text).expect(text);
        assert_eq!((path.is_definite(), path.is_reference()), (definite, reference), "{text}");
        assert_eq!(path.as_str(), text);
    };
    check("$", true, true);
    check("$.a['b'][0]", true, true);
    check("$$.a", true, true);
    check("$.a[-1]", true, false);
    check("$['a','b']", true, false);
    check("$['a','b'].c", false, false);
    check("$.a.length()", true, false);
    check("$..a.length()", true, false);
    check("$.a[*]", false, false);
    check("$.a[0,1]", false, false);
    check("$.a[1:]", false, false);
    check("$..a", false, false);
    check("$[?(@.a)]", false, false);
}

#[test]
fn reference_paths_write() {
    let check = |path: &str, root: &str, expected: &str| {
        let path = ReferencePath::parse(path).expect(path);
        for root in forms(&value(root)) {
            let written = path.insert(&root, Value::from("new").into());
            let shown = written.map_or_else(|error| error.to_string(), |written| written.to_json());
            assert_eq!(shown, expected, "{}", path.as_path().as_str());
        }
    };
    check("$", r#"{"a":1}"#, r#""new""#);
    check("$.a", r#"{"a":1,"b":2}"#, r#"{"a":"new","b":2}"#);
    check("$.c", r#"{"a":1}"#, r#"{"a":1,"c":"new"}"#);
    check("$.c.d.e", r#"{"a":1}"#, r#"{"a":1,"c":{"d":{"e":"new"}}}"#);
    check("$['a b'][1].c", r#"{"a b":[1,{"d":2}]}"#, r#"{"a b":[1,{"d":2,"c":"new"}]}"#);
    check("$[0]", "[1,2]", r#"["new",2]"#);
    let failure = |path: &str, step: &str, found: &str| {
        format!("the reference path '{path}' cannot be applied: at '{step}' it meets {found}")
    };
    check("$.a", "1", &failure("$.a", "a", "a number"));
    check("$.a", "[]", &failure("$.a", "a", "an array"));
    check("$.a.b", r#"{"a":"text"}"#, &failure("$.a.b", "b", "a string"));
    check("$.a.b", r#"{"a":null}"#, &failure("$.a.b", "b", "null"));
    check("$.a[0]", "{}", &failure("$.a[0]", "[0]", "nothing"));
    check("$.a[1]", r#"{"a":[0]}"#, &failure("$.a[1]", "[1]", "an array of 1 items"));
    check("$[0]", r#"{"a":1}"#, &failure("$[0]", "[0]", "an object"));
}

#[test]
fn reference_paths_are_names_and_indexes_from_the_input() {
    for path in ["$", "$.a", "$.a[0]['b c']", r"$.a\.b"] {
        assert!(ReferencePath::parse(path).is_ok(), "{path}");
    }
    let not = ["$$.a", "$x", "$.a[*]", "$..a", "$.a[-1]", "$.a[1:2]", "$.a[?(@.b)]", "$.a.sum()"];
    for path in not {
        assert!(ReferencePath::parse(path).is_err(), "{path}");
    }
}
