//! The environment of a worker: Lambda's variables, the function's own, and very little else.
//!
//! Of the caller's environment only what programs need to find their way is passed on; a secret
//! in the caller's shell does not reach a function. AWS documents the variables in "Using Lambda
//! environment variables"; credentials are dummies, so that clients made at import work.

use crate::Function;

/// What passes from the caller's environment; the proxy settings also in capitals.
const PASSED: [&str; 3] = ["PATH", "HOME", "TMPDIR"];
const PROXIES: [&str; 4] = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"];

/// The whole environment of a worker of `function`; later entries win over earlier ones.
pub(crate) fn variables(function: &Function) -> Vec<(String, String)> {
    let mut variables = inherited(|name| std::env::var(name).ok());
    variables.extend(lambda(function));
    variables.extend(function.environment.iter().cloned());
    variables
}

/// The environment of a process that may hold lanes: what passes from the caller's, where the cache
/// is, and what lanes need.
#[must_use]
pub fn process_environment() -> Vec<(String, String)> {
    let mut variables = inherited(|name| std::env::var(name).ok());
    variables
        .extend(std::env::var("XDG_CACHE_HOME").ok().map(|at| ("XDG_CACHE_HOME".to_owned(), at)));
    let needed = faastlane_host::PROCESS_ENVIRONMENT;
    variables.extend(needed.map(|(name, value)| (name.to_owned(), value.to_owned())));
    variables
}

fn inherited(caller: impl Fn(&str) -> Option<String>) -> Vec<(String, String)> {
    let proxies = PROXIES.iter().flat_map(|name| [(*name).to_owned(), name.to_uppercase()]);
    let names = PASSED.iter().map(|name| (*name).to_owned()).chain(proxies);
    names.filter_map(|name| caller(&name).map(|value| (name, value))).collect()
}

fn lambda(function: &Function) -> Vec<(String, String)> {
    let own = |wanted: &str| {
        let found = function.environment.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.as_str())
    };
    let region = own("AWS_REGION").or(own("AWS_DEFAULT_REGION")).unwrap_or("us-east-1");
    let root = function.code_root.to_string_lossy();
    let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    vec![
        set("_HANDLER", &function.handler.text()),
        set("AWS_REGION", region),
        set("AWS_DEFAULT_REGION", region),
        set("AWS_EXECUTION_ENV", &format!("AWS_Lambda_{}", function.runtime)),
        set("AWS_LAMBDA_FUNCTION_NAME", &function.name),
        set("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        set("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &function.memory_mib.to_string()),
        set("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        set("AWS_LAMBDA_LOG_GROUP_NAME", &format!("/aws/lambda/{}", function.name)),
        set("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"),
        set("AWS_ACCESS_KEY_ID", "test"),
        set("AWS_SECRET_ACCESS_KEY", "test"),
        set("AWS_SESSION_TOKEN", "test"),
        set("LAMBDA_TASK_ROOT", &root),
        set("LAMBDA_RUNTIME_DIR", "/var/runtime"),
        set("LANG", "en_US.UTF-8"),
        set("TZ", ":UTC"),
    ]
}

#[cfg(test)]
mod tests {
    use super::inherited;

    #[test]
    fn only_a_few_names_pass() {
        let passed: Vec<_> = inherited(|name| Some(name.len().to_string()))
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        let expected = "PATH HOME TMPDIR http_proxy HTTP_PROXY https_proxy HTTPS_PROXY \
                        all_proxy ALL_PROXY no_proxy NO_PROXY";
        assert_eq!(passed.join(" "), expected);
    }

    #[test]
    fn absent_names_stay_absent() {
        assert_eq!(inherited(|_| None), []);
    }
}
