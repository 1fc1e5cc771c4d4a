//! A plan as a graph for Graphviz.

use std::fmt::Write as _;

use crate::plan::Plan;

impl Plan {
    /// Processes as clusters of functions, fan-outs as nodes that lead to what they call.
    #[must_use]
    pub fn dot(&self) -> String {
        let mut dot =
            "digraph plan {\n  rankdir=LR\n  node [shape=box, style=rounded]\n".to_owned();
        for (at, process) in self.processes.iter().enumerate() {
            let label = quoted(&format!("{}, {}", process.kind, process.starts));
            // Writing to a String does not fail.
            let _ = writeln!(dot, "  subgraph cluster_{at} {{\n    label={label}");
            for name in &process.functions {
                let _ = writeln!(dot, "    {} [label={}]", node(at, name), quoted(name));
            }
            dot += "  }\n";
        }
        for fan in &self.fan_outs {
            let state = quoted(&format!("state {}", fan.state));
            let hosts = fan.hosts.map_or(String::new(), |hosts| format!(", {hosts} at first"));
            let label = quoted(&format!("{}\n{}{hosts}", fan.state, fan.runs));
            let _ = writeln!(dot, "  {state} [shape=ellipse, label={label}]");
            for name in &fan.functions {
                let holds = |functions: &[String]| functions.contains(name);
                let mut places = self.processes.iter().enumerate().rev();
                // Containers come first: what a fan-out calls is in a template, if it is in both.
                let early = |starts| starts != crate::Start::IfLaneIsLost;
                let place = places.find(|(_, one)| holds(&one.functions) && early(one.starts));
                if let Some((at, _)) = place {
                    let _ = writeln!(dot, "  {state} -> {}", node(at, name));
                }
            }
        }
        dot + "}"
    }
}

fn node(process: usize, function: &str) -> String {
    quoted(&format!("{process} {function}"))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
