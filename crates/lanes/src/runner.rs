//! The program in every lane, and what it must know before it can load a handler.

use crate::{Function, Handler};

/// The runner: Python, the same for all kinds of lanes.
pub(crate) const SOURCE: &str = include_str!("portable/runner.py");
const DEBUGGER: &str = include_str!("portable/debugger.py");

/// The runner's configuration, as JSON.
pub(crate) fn configuration(function: &Function) -> String {
    let (module, names) = match &function.handler {
        Handler::Named(text) => (None, std::slice::from_ref(text)),
        Handler::AnyOf { module, names } => (Some(module), names.as_slice()),
    };
    let layers: Vec<_> = function.layers.iter().map(|layer| layer.to_string_lossy()).collect();
    let debug = function.debug.as_ref();
    let debug = debug.map(|debug| serde_json::json!({ "port": debug.port, "source": DEBUGGER }));
    let config = serde_json::json!({
        "module": module, "names": names, "arn": function.arn,
        "code_root": function.code_root.to_string_lossy(), "layers": layers, "debug": debug,
    });
    config.to_string()
}
