//! Where traces go, by OpenTelemetry's standard variables.
//!
//! <https://opentelemetry.io/docs/specs/otel/protocol/exporter/> and
//! <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>

use std::fmt;

/// Where traces go, and which.
#[derive(Clone, PartialEq)]
pub struct TracerSettings {
    /// The address that takes spans, `http://localhost:4318/v1/traces`.
    pub(super) url: String,
    pub(super) headers: Vec<(String, String)>,
    /// What all spans are of: `service.name` and others.
    pub(super) resource: Vec<(String, String)>,
    /// Which part of the traces is kept that nobody has decided on before.
    pub(super) ratio: f64,
}

/// Settings that cannot be met.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable}={value}: {problem}")]
pub struct SettingsError {
    variable: &'static str,
    value: String,
    problem: &'static str,
}

/// Headers may be secret.
impl fmt::Debug for TracerSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("TracerSettings");
        shown.field("url", &self.url).field("resource", &self.resource).finish_non_exhaustive()
    }
}

impl TracerSettings {
    /// The settings of the environment; `None` if it names no collector, or wants no traces.
    ///
    /// # Errors
    /// A variable that asks for what there is not.
    pub fn of_environment(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, SettingsError> {
        let given = |name: &str| {
            variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let is = |name: &str, wanted: &str| {
            given(name).is_some_and(|value| value.eq_ignore_ascii_case(wanted))
        };
        if is("OTEL_SDK_DISABLED", "true") || is("OTEL_TRACES_EXPORTER", "none") {
            return Ok(None);
        }
        let own = given("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
        let common = given("OTEL_EXPORTER_OTLP_ENDPOINT");
        let Some(url) =
            own.or_else(|| common.map(|url| format!("{}/v1/traces", url.trim_end_matches('/'))))
        else {
            return Ok(None);
        };
        if !url.starts_with("http://") {
            let problem = "traces are sent over plain HTTP, to a collector on this machine or network: http://HOST:4318";
            return Err(SettingsError {
                variable: "OTEL_EXPORTER_OTLP_ENDPOINT",
                value: url,
                problem,
            });
        }
        for name in ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"] {
            if is(name, "grpc") {
                let problem = "traces are sent as http/json; collectors take it at port 4318";
                return Err(SettingsError {
                    variable: "OTEL_EXPORTER_OTLP_PROTOCOL",
                    value: "grpc".to_owned(),
                    problem,
                });
            }
        }
        let headers = given("OTEL_EXPORTER_OTLP_TRACES_HEADERS")
            .or_else(|| given("OTEL_EXPORTER_OTLP_HEADERS"));
        let mut resource = pairs(&given("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default());
        if let Some(service) = given("OTEL_SERVICE_NAME") {
            resource.retain(|(name, _)| name != "service.name");
            resource.push(("service.name".to_owned(), service));
        } else if !resource.iter().any(|(name, _)| name == "service.name") {
            resource.push(("service.name".to_owned(), "faastlane".to_owned()));
        }
        let ratio = ratio(given)?;
        let headers = pairs(&headers.unwrap_or_default());
        Ok((ratio > 0.0).then_some(Self { url, headers, resource, ratio }))
    }
}

fn ratio(given: impl Fn(&str) -> Option<String>) -> Result<f64, SettingsError> {
    let sampler =
        given("OTEL_TRACES_SAMPLER").unwrap_or_else(|| "parentbased_always_on".to_owned());
    match sampler.strip_prefix("parentbased_").unwrap_or(&sampler) {
        "always_on" => Ok(1.0),
        "always_off" => Ok(0.0),
        "traceidratio" => {
            let text = given("OTEL_TRACES_SAMPLER_ARG").unwrap_or_else(|| "1".to_owned());
            let ratio = text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
            ratio.ok_or(SettingsError {
                variable: "OTEL_TRACES_SAMPLER_ARG",
                value: text,
                problem: "it is a number from 0 to 1",
            })
        }
        _ => Err(SettingsError {
            variable: "OTEL_TRACES_SAMPLER",
            value: sampler,
            problem: "it is always_on, always_off or traceidratio, with or without parentbased_",
        }),
    }
}

/// `name=value,name=value`, with `%20` and the like in values.
fn pairs(text: &str) -> Vec<(String, String)> {
    let pair = |part: &str| {
        let (name, value) = part.split_once('=')?;
        let value = crate::http::percent_decoded(value.trim())?;
        Some((name.trim().to_owned(), value)).filter(|(name, _)| !name.is_empty())
    };
    text.split(',').filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Result<Option<TracerSettings>, SettingsError> {
        TracerSettings::of_environment(|name| {
            let found = variables.iter().find(|(have, _)| *have == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_standard_variables_are_read() {
        let check = |variables: &[(&str, &str)], expected: Option<(&str, &str, f64)>| {
            let settings = settings(variables).unwrap();
            let shown = settings.as_ref().map(|settings| {
                (
                    settings.url.as_str(),
                    settings.resource.last().unwrap().1.as_str(),
                    settings.ratio,
                )
            });
            assert_eq!(shown, expected, "{variables:?}");
        };
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318/");
        let url = "http://localhost:4318/v1/traces";
        check(&[], None);
        check(&[endpoint], Some((url, "faastlane", 1.0)));
        check(&[endpoint, ("OTEL_SERVICE_NAME", "orders")], Some((url, "orders", 1.0)));
        check(
            &[endpoint, ("OTEL_RESOURCE_ATTRIBUTES", "a=b,service.name=x")],
            Some((url, "x", 1.0)),
        );
        check(
            &[endpoint, ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://t/x")],
            Some(("http://t/x", "faastlane", 1.0)),
        );
        check(&[endpoint, ("OTEL_SDK_DISABLED", "true")], None);
        check(&[endpoint, ("OTEL_TRACES_EXPORTER", "none")], None);
        check(&[endpoint, ("OTEL_TRACES_SAMPLER", "always_off")], None);
        let sampler = ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio");
        check(
            &[endpoint, sampler, ("OTEL_TRACES_SAMPLER_ARG", "0.25")],
            Some((url, "faastlane", 0.25)),
        );
        let headers =
            [endpoint, ("OTEL_EXPORTER_OTLP_HEADERS", "api-key = secret%20key , x=y=z,junk")];
        let settings = settings(&headers).unwrap().unwrap();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(settings.headers, [pair("api-key", "secret key"), pair("x", "y=z")]);
        assert!(!format!("{settings:?}").contains("secret"));
    }

    #[test]
    fn what_there_is_not_is_refused() {
        let check = |name: &'static str, value: &str| {
            let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318");
            let sampler = ("OTEL_TRACES_SAMPLER", "traceidratio");
            let error = settings(&[(name, value), endpoint, sampler]).unwrap_err();
            assert_eq!((error.variable, error.value.as_str()), (name, value));
        };
        check("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
        check("OTEL_TRACES_SAMPLER", "jaeger_remote");
        check("OTEL_TRACES_SAMPLER_ARG", "2");
        let error = settings(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "https://x")]).unwrap_err();
        assert!(error.to_string().contains("plain HTTP"), "{error}");
    }
}
