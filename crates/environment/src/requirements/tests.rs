//! Folders as users have them, and what is collected from them.

use super::file::{decode, package};
use super::local::state;
use super::*;

/// Writes files given as `path: text` and collects for the function `app/fun` with code root `app`.
/// The answer is the collected text, with the folder's name taken out.
fn collect(files: &[(&str, &str)]) -> Result<String, String> {
    let top = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let file = top.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    let here = format!("{}/", top.path().display());
    let collected = Requirements::collect(&top.path().join("app/fun"), &top.path().join("app"));
    let text = collected.map(|r| if r.is_none() { "none".to_owned() } else { r.text() });
    let short = |text: String| text.trim().replace(&here, "");
    text.map(short).map_err(|error| short(error.to_string()))
}

#[track_caller]
fn check(files: &[(&str, &str)], expected: &str) {
    assert_eq!(collect(files), Ok(expected.to_owned()));
}

#[test]
fn the_nearest_file_counts() {
    let all = [
        ("app/fun/requirements.txt", "a"),
        ("app/requirements.txt", "b"),
        ("requirements.txt", "c"),
    ];
    check(&all, "a");
    check(&all[1..], "b");
    check(&all[2..], "c");
    check(&[], "none");
}

#[test]
fn an_empty_file_asks_for_nothing() {
    for text in ["", "\n\n", "# requests\n", "   # requests"] {
        check(&[("app/requirements.txt", text), ("requirements.txt", "c")], "none");
    }
}

#[test]
fn options_alone_ask_for_nothing() {
    let options = ("requirements.txt", "--index-url https://host\n-c c.txt\n");
    let constraints = ("c.txt", "six==1");
    check(&[options, constraints], "none");
    check(
        &[options, constraints, ("app/app.py", "import boto3")],
        "--index-url https://host\n-c six==1\n+ boto3",
    );
    check(
        &[("requirements.txt", "--require-hashes\nsix --hash=x")],
        "--require-hashes\nsix --hash=x",
    );
}

#[test]
fn comments_and_continued_lines() {
    let text = "# head\r\nrequests==2.31 # why\nsix \\\n  >=1.0\n\nfoo[bar]; python_version < '3.12'\n\
                x @ https://host/x.zip#egg=x";
    check(
        &[("app/requirements.txt", text)],
        "requests==2.31\nsix   >=1.0\nfoo[bar]; python_version < '3.12'\n\
         x @ https://host/x.zip#egg=x",
    );
}

#[test]
fn text_of_windows_shells() {
    let text = "\u{feff}requests\r\nsix\r\n";
    assert_eq!(decode(text.as_bytes()), "requests\r\nsix\r\n");
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(decode(&bytes), "requests\r\nsix\r\n");
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(decode(&bytes), "requests\r\nsix\r\n");
}

#[test]
fn includes_are_relative_to_their_file() {
    check(
        &[
            ("requirements.txt", "a\n-r sub/more.txt\n--requirement=sub/more.txt\n-c sub/c.txt\nz"),
            ("sub/more.txt", "b\n-r ../requirements.txt\n-rthird.txt"),
            ("sub/third.txt", "c"),
            ("sub/c.txt", "b==1"),
        ],
        "a\nb\nc\n-c b==1\nz",
    );
    check(&[("requirements.txt", "-r https://host/r.txt")], "-r https://host/r.txt");
}

#[test]
fn a_missing_include_is_named_with_its_line() {
    let files = [("requirements.txt", "a\n\n--constraint none.txt\n")];
    let expected = "requirements.txt: line 3 includes `none.txt`, which is not there";
    assert_eq!(collect(&files), Err(expected.to_owned()));
}

#[test]
fn boto3_where_code_uses_it() {
    let uses = ("app/fun/app.py", "import boto3\n");
    check(&[uses], "+ boto3");
    check(&[("app/fun/app.py", "import json\n")], "none");
    check(&[uses, ("requirements.txt", "six")], "six\n+ boto3");
    check(&[uses, ("requirements.txt", "Boto3>=1.28")], "Boto3>=1.28");
    check(&[uses, ("app/boto3/__init__.py", "")], "none");
    check(&[("requirements.txt", "aws-lambda-powertools==3")], "aws-lambda-powertools==3\n+ boto3");
}

#[test]
fn packages_beside_the_code_are_not_fetched() {
    let beside = ("app/Some_Package-1.0.dist-info/RECORD", "some_package/__init__.py,,\n");
    check(&[beside, ("app/requirements.txt", "some-package==1.0\n")], "none");
    check(&[beside, ("app/requirements.txt", "some-package\nsix\n")], "some-package\nsix");
}

#[test]
fn names_of_packages() {
    let check =
        |line: &str, expected: &str| assert_eq!(package(line).unwrap_or_default(), expected);
    check("requests", "requests");
    check("Foo_Bar.baz[extra]>=1 ; x", "foo-bar-baz");
    check("foo @ https://host/x.zip", "foo");
    for other in
        ["-e .", "./pkg", "/abs", "pkg/sub", "https://x", "git+https://x", "a-1.whl", "-f x"]
    {
        check(other, "");
    }
}

#[test]
fn local_packages_count_with_their_files() {
    let with = |line: &str, source: &str| {
        let files = [
            ("requirements.txt", line),
            ("pkg/setup.py", "setup()"),
            ("pkg/src/m.py", source),
            ("pkg/build/m.py", source),
        ];
        let top = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let file = top.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let state = |path: &str| state(&top.path().join(path), 0);
        let collected = Requirements::collect(&top.path().join("app"), &top.path().join("app"));
        (collected.unwrap().text(), state("pkg"), top)
    };
    let (text, state, top) = with("./pkg", "a = 1");
    assert!(text.starts_with(&format!("./pkg # {}/./pkg ", top.path().display())), "{text}");
    assert!(state.contains("src/m.py") && !state.contains("build"), "{state}");
    fs::write(top.path().join("pkg/src/m.py"), "a = 11").unwrap();
    let app = top.path().join("app");
    assert_ne!(Requirements::collect(&app, &app).unwrap().text(), text);

    let (text, _, _top) = with("--find-links ./pkg\nsix", "a = 1");
    assert!(text.starts_with("--find-links ./pkg # "), "{text}");

    let (text, _, top) = with("-e ./pkg", "a = 1");
    fs::write(top.path().join("pkg/src/m.py"), "a = 11").unwrap();
    let app = top.path().join("app");
    assert_eq!(Requirements::collect(&app, &app).unwrap().text(), text);
}
