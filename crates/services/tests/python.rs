//! The tests of the function's Python, in `python/`, with the `python3` on PATH. Of boto3 they need nothing.

use std::path::Path;
use std::process::Command;

#[test]
fn the_python_part() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("python3")
        .args(["-B", "-m", "unittest", "discover", "--start-directory"])
        .arg(root.join("tests/python"))
        .env("PYTHONPATH", root.join("src/python"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
