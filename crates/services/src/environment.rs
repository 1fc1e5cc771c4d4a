//! What of the user's environment the function sees: the variables of AWS's SDKs, and no others.

use std::collections::BTreeMap;

/// How the variables of AWS's SDKs begin.
const PREFIX: &str = "AWS_";

/// Each of them says that AWS itself is meant, and who calls it; `clients.py` says the same.
const NAMING: [&str; 6] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_DEFAULT_PROFILE",
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
];

/// Variables of AWS's SDKs. Their values are secrets: nothing shows them but [`Environment::place`].
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// Those of `user`, and of `overrides`, which win.
    pub fn new<'o>(
        user: impl IntoIterator<Item = (String, String)>,
        overrides: impl IntoIterator<Item = &'o (String, String)>,
    ) -> Self {
        let all = user.into_iter().chain(overrides.into_iter().cloned());
        Self(all.filter(|(name, _)| name.starts_with(PREFIX)).collect())
    }

    /// Those of this process, and of `overrides`, which win.
    pub fn of_process<'o>(overrides: impl IntoIterator<Item = &'o (String, String)>) -> Self {
        // One that is not UTF-8 means nothing to AWS.
        let text = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self::new(text, overrides)
    }

    /// Where services are called, for people: `at http://127.0.0.1:4566`, `on AWS`; none where nothing says it
    /// for all of them.
    #[must_use]
    pub fn place(&self) -> Option<String> {
        let given = |name: &str| self.0.get(name).filter(|value| !value.is_empty());
        match given("AWS_ENDPOINT_URL") {
            Some(endpoint) => Some(format!("at {}", without_user(endpoint))),
            None if NAMING.iter().any(|name| given(name).is_some()) => Some("on AWS".to_owned()),
            None => None,
        }
    }

    /// What the function gets: them, and their names, because it has others of the same kind.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        let names = self.0.keys().map(String::as_str).collect::<Vec<_>>().join(",");
        let named = ("FAASTLANE_AWS_VARIABLES".to_owned(), names);
        let own = self.0.iter().map(|(name, value)| (name.clone(), value.clone()));
        own.chain([named]).collect()
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A URL without what may be a password in it.
fn without_user(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            let host = rest[..end].rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}{}", &rest[end..])
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(given: &[(&str, &str)]) -> Vec<(String, String)> {
        given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn only_variables_of_aws_pass() {
        let user = pairs(&[("AWS_PROFILE", "dev"), ("GITHUB_TOKEN", "s"), ("AWS_REGION", "a")]);
        let typed = pairs(&[("AWS_REGION", "b"), ("TABLE", "t")]);
        let environment = Environment::new(user, &typed);
        let expected = [
            ("AWS_PROFILE", "dev"),
            ("AWS_REGION", "b"),
            ("FAASTLANE_AWS_VARIABLES", "AWS_PROFILE,AWS_REGION"),
        ];
        assert_eq!(environment.variables(), pairs(&expected));
        assert_eq!(format!("{environment:?}"), r#"{"AWS_PROFILE", "AWS_REGION"}"#);
    }

    #[test]
    fn it_is_told_where_services_are() {
        let check = |given: &[(&str, &str)], expected: Option<&str>| {
            let environment = Environment::new(pairs(given), []);
            assert_eq!(environment.place().as_deref(), expected, "{given:?}");
        };
        let local = ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566");
        check(&[local, ("AWS_PROFILE", "dev")], Some("at http://127.0.0.1:4566"));
        check(&[("AWS_ENDPOINT_URL", "http://me:secret@host/a@b")], Some("at http://host/a@b"));
        check(&[("AWS_PROFILE", "dev")], Some("on AWS"));
        check(&[("AWS_PROFILE", ""), ("AWS_REGION", "x")], None);
        check(&[("AWS_ENDPOINT_URL_SQS", "http://h")], None);
    }
}
