//! The messages of the reference implementation, whose words AWS has, where those of `jsonata-core` differ.

/// What is wrong with a text.
pub(super) fn of_syntax(code: &str, message: &str) -> String {
    let token = |before: &str, after: &str| {
        let token = message.strip_prefix(before)?.strip_suffix(after)?;
        Some(format!("{before}{}{after}", quoted(token)))
    };
    let worded = match code {
        "S0201" => token("Syntax error: ", ""),
        "S0202" => message.strip_prefix("Expected ").and_then(|rest| {
            let (wanted, found) = rest.split_once(", got ")?;
            Some(format!("Expected {}, got {}", quoted(wanted), quoted(found)))
        }),
        "S0203" => token("Expected ", " before end of expression"),
        "S0204" => token("Unknown operator: ", ""),
        "S0211" => token("The symbol ", " cannot be used as a unary operator"),
        _ => None,
    };
    worded.unwrap_or_else(|| message.to_owned())
}

/// What is wrong with an evaluation.
pub(super) fn of_evaluation(code: &str, message: &str) -> String {
    let operator = |before: &str, after: &str| {
        let token = message.strip_prefix(before)?.strip_suffix(after)?;
        Some(format!("{before}\"{token}\"{after}"))
    };
    let worded = match code {
        "T1006" => Some("Attempted to invoke a non-function".to_owned()),
        "T2001" => operator("The left side of the ", " operator must evaluate to a number"),
        "T2002" => operator("The right side of the ", " operator must evaluate to a number"),
        "T2003" => {
            Some("The left side of the range operator (..) must evaluate to an integer".to_owned())
        }
        "T2004" => {
            Some("The right side of the range operator (..) must evaluate to an integer".to_owned())
        }
        _ => None,
    };
    worded.unwrap_or_else(|| message.to_owned())
}

/// What is wrong with an argument of the function `name`.
pub(super) fn of_function(code: &str, message: &str, name: &str) -> String {
    let Some(rest) = message.strip_prefix("Argument ") else { return message.to_owned() };
    let index = rest.split(' ').next().filter(|index| index.parse::<u32>().is_ok());
    let worded = match (code, index) {
        ("T0410", Some(index)) => Some(format!(
            "Argument {index} of function \"{name}\" does not match function signature"
        )),
        ("T0412", Some(index)) => rest.rsplit_once(" an array of ").map(|(_, kind)| {
            let kinds = format!("{}s", kind.to_lowercase());
            format!("Argument {index} of function \"{name}\" must be an array of \"{kinds}\"")
        }),
        _ => None,
    };
    worded.unwrap_or_else(|| message.to_owned())
}

/// A token as it is written, in double quotes.
fn quoted(token: &str) -> String {
    let inside = token.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    let text = match (token, inside) {
        ("(" | ")", _) => token,
        // `Identifier("a")`, `Number(1.0)`
        (_, Some(inside)) => inside.trim_matches('"').trim_end_matches(".0"),
        (name, None) => symbol(name),
    };
    format!("\"{text}\"")
}

/// The symbol that a token of this name stands for.
fn symbol(name: &str) -> &str {
    match name {
        "Plus" => "+",
        "Minus" => "-",
        "Star" => "*",
        "StarStar" => "**",
        "Slash" => "/",
        "Percent" => "%",
        "Equal" => "=",
        "NotEqual" => "!=",
        "LessThan" => "<",
        "LessThanOrEqual" => "<=",
        "GreaterThan" => ">",
        "GreaterThanOrEqual" => ">=",
        "And" => "and",
        "Or" => "or",
        "In" => "in",
        "Ampersand" => "&",
        "Dot" => ".",
        "DotDot" => "..",
        "Question" => "?",
        "QuestionQuestion" => "??",
        "QuestionColon" => "?:",
        "Colon" => ":",
        "ColonEqual" => ":=",
        "TildeArrow" => "~>",
        "LeftParen" => "(",
        "RightParen" => ")",
        "LeftBracket" => "[",
        "RightBracket" => "]",
        "LeftBrace" => "{",
        "RightBrace" => "}",
        "Comma" => ",",
        "Semicolon" => ";",
        "Caret" => "^",
        "Pipe" => "|",
        "Hash" => "#",
        "At" => "@",
        "True" => "true",
        "False" => "false",
        "Null" => "null",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Expression;

    #[test]
    fn mistakes_have_awss_words() {
        let check = |text: &str, expected: &str| {
            let error = Expression::parse_coded(text).expect_err(text);
            let found = format!("{} {}", error.code.unwrap_or_default(), error.error.message);
            assert_eq!(found, expected, "{text}");
        };
        check("1 +", "S0207 Unexpected end of expression");
        check("a[1,2)", "S0202 Expected \"]\", got \",\"");
        check("{\"a\":}", "S0211 The symbol \"}\" cannot be used as a unary operator");
        check("(1", "S0203 Expected \")\" before end of expression");
        check("1 2", "S0201 Syntax error: \"2\"");
        check("a )", "S0201 Syntax error: \")\"");
        check("'a", "S0101 String literal must be terminated by a matching quote");
        check("/* a", "S0106 Comment has no closing tag");
    }
}
