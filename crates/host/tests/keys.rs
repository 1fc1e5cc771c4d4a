//! What protection keys stop by themselves and after lock-down, with the message that says whose
//! memory it was. Skipped where there are no keys.

#![cfg(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu"))]
#![expect(clippy::print_stderr, reason = "what is skipped is said")]

#[path = "attacks/mod.rs"]
mod attacks;
#[path = "harness/mod.rs"]
mod harness;

use harness::{all_fine, both, keys, pythons, steps};

/// Lane B tries something that lane A must survive.
fn stopped(case: &str, expected: &str) {
    let Some(python) = pythons().first().filter(|_| keys()) else { return };
    for steps_before in ["A=P B=P", "A=P B=P FORK"] {
        let line = format!("{steps_before} A:secret_keep.py B:{case} A:secret_check.py B:fine.py");
        let output = steps(python, &line);
        let text = both(&output);
        assert!(text.contains(expected), "{line}: {text}");
        assert!(text.contains("[A] # the secret is unharmed: ok"), "{line}: {text}");
        assert!(!text.contains("TOP SECRET"), "{line}: {text}");
        // The attack, and the lane that is not entered any more.
        assert_eq!(output.status.code(), Some(2), "{line}: {text}");
    }
}

#[test]
fn reading_an_object_of_another_function() {
    stopped("secret_read.py", "function 'B' read memory of function 'A' (protection key");
}

#[test]
fn writing_to_an_object_of_another_function() {
    stopped("secret_write.py", "function 'B' wrote to memory of function 'A' (protection key");
}

#[test]
fn reading_the_stack_of_another_function() {
    stopped("secret_stack.py", "function 'B' read memory of function 'A' (protection key");
}

#[test]
fn reading_the_memory_of_the_orchestrator() {
    stopped(
        "secret_orchestrator.py",
        "function 'B' read memory of the orchestrator (protection key 1)",
    );
}

#[test]
fn reading_from_a_thread() {
    let Some(python) = pythons().first().filter(|_| keys()) else { return };
    let line = "A=P B=P A:secret_keep.py B:secret_thread.py A:secret_check.py";
    let text = both(&steps(python, line));
    let expected = "function 'B' read memory of function 'A'";
    assert!(text.contains(expected) && text.contains("on a thread that it had started"), "{text}");
    assert!(text.contains("[A] # the secret is unharmed: ok"), "{text}");
}

#[test]
fn own_memory_is_not_in_the_way() {
    let Some(python) = pythons().first().filter(|_| keys()) else { return };
    all_fine(python, "A=P B=P A:secret_keep.py A:secret_read_own.py B:fine.py");
}
