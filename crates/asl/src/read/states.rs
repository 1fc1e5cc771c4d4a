//! The eight types of states, one function each.

use faastlane_expr::{Path, Timestamp, jsonata};
use faastlane_value::located::{Data, Node};
use faastlane_value::{ArcStr, intern};

use super::fields::Fields;
use super::{Pointer, Reader, Scope};
use crate::{
    Callee, Fail, FunctionReference, Handling, Items, Kind, Language, Map, MaxConcurrency, Next,
    Parallel, Pass, Resource, State, StateId, Task, Wait,
};

const TYPES: &str = "Pass, Task, Choice, Wait, Succeed, Fail, Parallel, Map";

impl Reader {
    /// Reads one state; `None` if it has a mistake that leaves it without meaning.
    pub(super) fn state(
        &mut self,
        node: &Node,
        name: &ArcStr,
        pointer: &Pointer<'_>,
        scope: &Scope<'_>,
    ) -> Option<State> {
        let mut fields = Fields::new(self, node, pointer)?;
        fields.allow(&["Comment"]);
        fields.read_language(self);
        fields.required(self, "Type")?;
        let kind = fields.text(self, "Type")?;
        let state = match kind.as_str() {
            "Pass" => self.pass(&mut fields),
            "Task" => self.task(&mut fields, scope),
            "Choice" => self.choice(&mut fields, scope),
            "Wait" => self.wait(&mut fields),
            "Succeed" => Some(Kind::Succeed),
            "Fail" => self.fail(&mut fields),
            "Parallel" => self.parallel(&mut fields, scope),
            "Map" => self.map(&mut fields, scope),
            other => {
                let message = format!("Unknown state type '{other}'; it must be one of {TYPES}");
                self.schema_error(message, &pointer.key("Type"), fields.place_of("Type"));
                self.hint(other, TYPES.split(", "));
                return None;
            }
        };
        let next = match kind.as_str() {
            "Choice" | "Succeed" | "Fail" => Some(Next::End),
            _ => self.next(&mut fields, scope),
        };
        let language = self.language(&mut fields, &kind);
        let assign = match kind.as_str() {
            "Fail" | "Succeed" => None,
            _ => self.assign(&mut fields),
        };
        fields.refuse_unknown(self);
        Some(State { name: intern(name), language, assign, next: next?, kind: state? })
    }

    /// What the state's query language says about its input and output.
    fn language(&mut self, fields: &mut Fields<'_>, kind: &str) -> Language {
        match (fields.jsonata, kind) {
            (true, "Fail") => Language::Jsonata { output: None },
            (true, _) => Language::Jsonata { output: fields.output(self) },
            (false, "Fail") => {
                Language::JsonPath { input_path: Path::parse("$").ok(), output_path: None }
            }
            (false, _) => Language::JsonPath {
                input_path: fields.path_or_null(self, "InputPath"),
                output_path: fields.path_or_null(self, "OutputPath"),
            },
        }
    }

    fn pass(&mut self, fields: &mut Fields<'_>) -> Option<Kind> {
        if fields.jsonata {
            let result_path = fields.result_path(self);
            return Some(Kind::Pass(Pass { result: None, parameters: None, result_path }));
        }
        Some(Kind::Pass(Pass {
            result: fields.node("Result").map(Node::to_value),
            parameters: fields.payload(self, "Parameters"),
            result_path: fields.result_path(self),
        }))
    }

    fn task(&mut self, fields: &mut Fields<'_>, scope: &Scope<'_>) -> Option<Kind> {
        let parameters = fields.parameters(self);
        let timeout = fields.seconds(self, "TimeoutSeconds", "TimeoutSecondsPath", 1);
        let heartbeat = fields.seconds(self, "HeartbeatSeconds", "HeartbeatSecondsPath", 1);
        let handling = self.handling(fields, scope);
        fields.allow(&["Credentials"]);
        fields.required(self, "Resource")?;
        let text = fields.text(self, "Resource")?;
        let resource = self.resource(fields, &text)?;
        let callee = self.callee(fields, &resource);
        let invocation =
            fields.node.get(fields.parameters_name()).and_then(|p| p.get("InvocationType"));
        let detached = callee != Callee::None
            && matches!(resource, Resource::Service(_))
            && invocation.and_then(Node::as_str) == Some("Event");
        Some(Kind::Task(Box::new(Task {
            resource,
            callee,
            detached,
            parameters,
            timeout,
            heartbeat,
            handling,
        })))
    }

    /// Notes which function a Task calls, as far as its text says.
    fn callee(&mut self, fields: &Fields<'_>, resource: &Resource) -> Callee {
        let at_resource = fields.pointer.key("Resource");
        let at_parameters = fields.pointer.key(fields.parameters_name());
        let (pointer, node) = match resource {
            Resource::Function(_) => (at_resource, fields.node.get("Resource")),
            Resource::Service(service) if service.calls_function() => {
                let parameters = fields.node.get(fields.parameters_name());
                let name = parameters.and_then(|parameters| parameters.get("FunctionName"));
                if is_computed(fields.jsonata, parameters, name) {
                    self.calls_by_path = true;
                    return Callee::ByPath;
                }
                (at_parameters.key("FunctionName"), name)
            }
            _ => return Callee::None,
        };
        let Some((node, reference)) = node.and_then(|node| Some((node, node.as_str()?))) else {
            return Callee::None;
        };
        self.functions.push(FunctionReference {
            reference: reference.into(),
            location: pointer.text(),
            place: node.place,
        });
        Callee::Named(self.functions.len() - 1)
    }

    fn wait(&mut self, fields: &mut Fields<'_>) -> Option<Kind> {
        let forms: &[&str] = match fields.jsonata {
            true => &["Seconds", "Timestamp"],
            false => &["Seconds", "SecondsPath", "Timestamp", "TimestampPath"],
        };
        let given = forms.iter().filter(|form| fields.node(form).is_some()).count();
        if given != 1 {
            let message =
                format!("Exactly one of these fields is required: [{}]", forms.join(", "));
            self.schema_error(message, fields.pointer, fields.node.place);
            return None;
        }
        if let Some(seconds) = fields.seconds(self, "Seconds", "SecondsPath", 0) {
            return Some(Kind::Wait(Wait::Seconds(seconds)));
        }
        if let Some(path) = fields.path_beside(self, "TimestampPath") {
            return Some(Kind::Wait(Wait::TimestampPath(path)));
        }
        if fields.is_expression("Timestamp") {
            let expression = fields.expression(self, "Timestamp")?;
            return Some(Kind::Wait(Wait::TimestampJsonata(expression)));
        }
        let text = fields.text(self, "Timestamp")?;
        let timestamp = Timestamp::parse(&text);
        if timestamp.is_none() {
            let message =
                format!("'{text}' is not a timestamp of the form 2026-01-31T12:00:00Z (RFC 3339)");
            let pointer = fields.pointer.key("Timestamp");
            self.schema_error(message, &pointer, fields.place_of("Timestamp"));
        }
        timestamp.map(|timestamp| Kind::Wait(Wait::Timestamp(timestamp)))
    }

    fn fail(&mut self, fields: &mut Fields<'_>) -> Option<Kind> {
        Some(Kind::Fail(Fail {
            error: fields.text_or_expression(self, "Error", "ErrorPath"),
            cause: fields.text_or_expression(self, "Cause", "CausePath"),
        }))
    }

    fn parallel(&mut self, fields: &mut Fields<'_>, scope: &Scope<'_>) -> Option<Kind> {
        let parameters = fields.parameters(self);
        let handling = self.handling(fields, scope);
        let pointer = fields.pointer.key("Branches");
        let mut branches = Vec::new();
        let items = fields.required_items(self, "Branches")?;
        for (at, node) in items.iter().enumerate() {
            branches.extend(self.branch(node, &pointer.index(at)));
        }
        // A branch with a mistake leaves the state without meaning, its diagnostics are there.
        (branches.len() == items.len())
            .then(|| Kind::Parallel(Box::new(Parallel { branches, parameters, handling })))
    }

    fn branch(&mut self, node: &Node, pointer: &Pointer<'_>) -> Option<StateId> {
        let mut fields = Fields::new(self, node, pointer)?;
        fields.allow(&["Comment"]);
        let start = self.flow(&mut fields);
        fields.refuse_unknown(self);
        start
    }

    fn map(&mut self, fields: &mut Fields<'_>, scope: &Scope<'_>) -> Option<Kind> {
        fields.refuse_both(self, "ItemProcessor", "Iterator");
        fields.refuse_both(self, "ItemSelector", "Parameters");
        let mut item_selector = fields.payload(self, "ItemSelector");
        if !fields.jsonata && item_selector.is_none() {
            item_selector = fields.payload(self, "Parameters");
        }
        let items = self.items(fields);
        let max_concurrency = self.max_concurrency(fields);
        let handling = self.handling(fields, scope);
        let name = if fields.node("Iterator").is_some() { "Iterator" } else { "ItemProcessor" };
        let node = fields.required(self, name)?;
        let distributed = self.distributed(fields, node).map(Box::new);
        let processor = self.item_processor(node, &fields.pointer.key(name))?;
        Some(Kind::Map(Box::new(Map {
            items,
            item_selector,
            processor,
            max_concurrency,
            distributed,
            handling,
        })))
    }

    fn items(&mut self, fields: &mut Fields<'_>) -> Items {
        if !fields.jsonata {
            return fields.path(self, "ItemsPath").map_or(Items::Input, Items::Path);
        }
        let Some(node) = fields.node("Items") else { return Items::Input };
        // Any other literal is no list of items, whatever the input is.
        if !matches!(node.data, Data::Array(_)) && !fields.is_expression("Items") {
            let message = "Items must be an array or a JSONata expression";
            self.schema_error(message, &fields.pointer.key("Items"), node.place);
        }
        fields.jsonata_template(self, "Items").map_or(Items::Input, Items::Jsonata)
    }

    fn max_concurrency(&mut self, fields: &mut Fields<'_>) -> MaxConcurrency {
        fields.refuse_both(self, "MaxConcurrency", "MaxConcurrencyPath");
        if let Some(path) = fields.path_beside(self, "MaxConcurrencyPath") {
            return MaxConcurrency::Path(path);
        }
        if fields.is_expression("MaxConcurrency") {
            let expression = fields.expression(self, "MaxConcurrency");
            return expression.map_or(MaxConcurrency::Fixed(0), MaxConcurrency::Jsonata);
        }
        MaxConcurrency::Fixed(fields.integer(self, "MaxConcurrency", 0).unwrap_or(0))
    }

    fn item_processor(&mut self, node: &Node, pointer: &Pointer<'_>) -> Option<StateId> {
        let mut fields = Fields::new(self, node, pointer)?;
        fields.allow(&["Comment"]);
        if let Some(config) = fields.node("ProcessorConfig") {
            let pointer = fields.pointer.key("ProcessorConfig");
            self.processor_config(config, &pointer);
        }
        let start = self.flow(&mut fields);
        fields.refuse_unknown(self);
        start
    }

    /// The fields that Task, Parallel and Map share.
    fn handling(&mut self, fields: &mut Fields<'_>, scope: &Scope<'_>) -> Handling {
        Handling {
            result_selector: match fields.jsonata {
                true => None,
                false => fields.payload(self, "ResultSelector"),
            },
            result_path: fields.result_path(self),
            retry: self.retriers(fields),
            catch: self.catchers(fields, scope),
        }
    }
}

/// Whether the name of the function that `lambda:invoke` calls is known only when it is called.
fn is_computed(jsonata: bool, parameters: Option<&Node>, name: Option<&Node>) -> bool {
    if jsonata {
        let texts = [parameters, name].into_iter().flatten().filter_map(Node::as_str);
        return texts.filter_map(jsonata::delimited).next().is_some();
    }
    parameters.is_some_and(|parameters| parameters.get("FunctionName.$").is_some())
}

/// An element list of strings, as `ErrorEquals` has it.
pub(super) fn strings(node: &Node) -> Option<Vec<ArcStr>> {
    let Data::Array(items) = &node.data else { return None };
    items.iter().map(|item| item.as_str().map(ArcStr::from)).collect()
}
