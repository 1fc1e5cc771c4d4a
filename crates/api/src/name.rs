//! Names of state machines, executions and activities.

use crate::Error;

/// Checks a name: no white space, brackets, wildcards, control characters or special ones (API
/// reference, `CreateStateMachine`, `name`). How long it is has been checked with the request.
///
/// # Errors
/// `InvalidName`
pub fn check_name(name: &str) -> Result<(), Error> {
    match name.is_empty() || name.chars().any(is_refused) {
        true => Err(Error::invalid_name(name)),
        false => Ok(()),
    }
}

fn is_refused(c: char) -> bool {
    c.is_whitespace()
        || "<>{}[]?*\"#%\\^|~`$&,;:/".contains(c)
        || matches!(c, '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}'..='\u{ffff}' | '\u{10ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_no_special_characters() {
        for good in ["a", "A-b_c.9", "Bestellung-ä", "日本", "a@b", "it's", "(x)+=!"] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        let bad = [
            "",
            "x y",
            "a\u{a0}b",
            "<",
            ">",
            "{",
            "}",
            "[",
            "]",
            "?",
            "*",
            "\"",
            "#",
            "%",
            "\\",
            "^",
            "|",
            "~",
            "`",
            "$",
            "&",
            ",",
            ";",
            ":",
            "/",
            "\u{0}",
            "\u{7f}",
            "\u{fffe}",
            "\u{10ffff}",
        ];
        for bad in bad {
            assert_eq!(check_name(bad), Err(Error::invalid_name(bad)), "{bad:?}");
        }
        let message = check_name("x y").map_err(|error| error.message);
        assert_eq!(message, Err("Invalid Name: 'x y'".to_owned()));
    }
}
