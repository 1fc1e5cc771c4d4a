//! Reads a definition: machine, branches and item processors.
//!
//! A first pass gives every state its id, so that transitions can be resolved while states are read;
//! what comes out of a state with a mistake is dropped, its diagnostics stay.

mod choice;
mod distributed;
mod expressions;
mod fields;
mod graph;
mod item_reader;
mod resource;
mod retry;
mod states;
mod variables;

use std::collections::{HashMap, HashSet};

use faastlane_value::ArcStr;
use faastlane_value::located::{Data, Node, Place};

use crate::{Code, Diagnostic, FunctionReference, Next, Severity, State, StateId, StateMachine};
use fields::Fields;

/// The type of a state machine: Express machines may not wait for callbacks or run distributed Maps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MachineType {
    /// `STANDARD`
    #[default]
    Standard,
    /// `EXPRESS`
    Express,
}

/// Reads and checks a definition.
///
/// The machine is there only if no diagnostic is an error.
#[must_use]
pub fn read(
    definition: &Node,
    machine_type: MachineType,
) -> (Option<StateMachine>, Vec<Diagnostic>) {
    let mut reader = Reader {
        machine_type,
        jsonata: false,
        states: Vec::new(),
        functions: Vec::new(),
        calls_by_path: false,
        variables: Vec::new(),
        diagnostics: Vec::new(),
    };
    let machine = reader.machine(definition);
    let Reader { mut diagnostics, .. } = reader;
    diagnostics.sort_by_key(|diagnostic| diagnostic.place);
    let usable = diagnostics.iter().all(|diagnostic| diagnostic.severity == Severity::Warning);
    (machine.filter(|_| usable), diagnostics)
}

/// Where the reader is: a JSON pointer kept as a chain on the stack.
#[derive(Clone, Copy)]
struct Pointer<'a> {
    parent: Option<&'a Pointer<'a>>,
    segment: Segment<'a>,
}

#[derive(Clone, Copy)]
enum Segment<'a> {
    Key(&'a str),
    Index(usize),
}

impl<'a> Pointer<'a> {
    const ROOT: Pointer<'static> = Pointer { parent: None, segment: Segment::Key("") };

    fn key(&'a self, key: &'a str) -> Pointer<'a> {
        Pointer { parent: Some(self), segment: Segment::Key(key) }
    }

    fn index(&'a self, index: usize) -> Pointer<'a> {
        Pointer { parent: Some(self), segment: Segment::Index(index) }
    }

    /// `/States/Check/Choices[0]`: AWS writes array elements in brackets.
    fn text(&self) -> String {
        let Some(parent) = self.parent else { return "/".to_owned() };
        let mut text = parent.text();
        match self.segment {
            Segment::Key(key) => {
                if !text.ends_with('/') {
                    text.push('/');
                }
                text.push_str(key);
            }
            Segment::Index(index) => text.push_str(&format!("[{index}]")),
        }
        text
    }
}

/// The states that a transition may lead to: those of one `States` field.
type Scope<'n> = HashMap<&'n str, StateId>;

struct Reader {
    machine_type: MachineType,
    /// The machine's query language is JSONata.
    jsonata: bool,
    /// States by id; `None` until read, and for those with mistakes.
    states: Vec<Option<State>>,
    functions: Vec<FunctionReference>,
    calls_by_path: bool,
    /// Names of the variables that the states being read may assign: of the machine, of the branch
    /// inside of it, and so on.
    variables: Vec<HashSet<ArcStr>>,
    diagnostics: Vec<Diagnostic>,
}

impl Reader {
    fn machine(&mut self, definition: &Node) -> Option<StateMachine> {
        let top = Pointer::ROOT;
        if !matches!(definition.data, Data::Object(_)) {
            self.schema_error("Definition must be a valid JSON object", &top, definition.place);
            return None;
        }
        let mut fields = Fields::new(self, definition, &top)?;
        fields.allow(&["Comment", "Version", "QueryLanguage"]);
        self.jsonata = fields.query_language(self).unwrap_or(false);
        if let Some(version) = fields.text(self, "Version")
            && version != "1.0"
        {
            let place = fields.place_of("Version");
            self.schema_error("Version must be \"1.0\"", &top.key("Version"), place);
        }
        let timeout_seconds = fields.integer(self, "TimeoutSeconds", 1);
        let start_at = self.flow(&mut fields);
        fields.refuse_unknown(self);
        let start_at = start_at?;
        let states = std::mem::take(&mut self.states).into_iter().collect::<Option<Vec<_>>>()?;
        let functions = std::mem::take(&mut self.functions);
        let calls_by_path = self.calls_by_path;
        Some(StateMachine { start_at, states, timeout_seconds, functions, calls_by_path })
    }

    /// Reads `StartAt` and `States` of a machine, branch or item processor: its first state.
    fn flow(&mut self, fields: &mut Fields<'_>) -> Option<StateId> {
        let start_at = fields.node("StartAt");
        let states = fields.node("States");
        fields.require_together(
            self,
            &[("States", states.is_some()), ("StartAt", start_at.is_some())],
        );
        let states = states?;
        let pointer = fields.pointer.key("States");
        if !matches!(states.data, Data::Object(_)) {
            self.schema_error("Field has to be an object", &pointer, states.place);
            return None;
        }
        if states.members().is_empty() {
            self.schema_error("States must contain at least one state", &pointer, states.place);
            return None;
        }
        let scope = self.scope(states, &pointer);
        let first_id = self.states.len();
        self.states.resize_with(first_id + scope.len(), || None);
        self.variables.push(variables::assigned_in(states));
        for member in states.members() {
            // Of repeated names the last is read; the repetition itself was told above.
            let id = scope[member.key.as_str()];
            let state = self.state(&member.value, &member.key, &pointer.key(&member.key), &scope);
            self.states[id.0 as usize] = state;
        }
        self.variables.pop();
        let start = fields.text(self, "StartAt")?;
        let start_at_pointer = fields.pointer.key("StartAt");
        let start = self.target(&start, &scope, &start_at_pointer, fields.place_of("StartAt"))?;
        graph::check(self, states, &scope, start, &pointer);
        Some(start)
    }

    fn scope<'n>(&mut self, states: &'n Node, pointer: &Pointer<'_>) -> Scope<'n> {
        let mut scope = Scope::new();
        let mut next = u32::try_from(self.states.len()).expect("a definition is far below 4 GB");
        for member in states.members() {
            let name = member.key.as_str();
            let place = member.key_place;
            if name.is_empty() || name.chars().count() > 80 {
                let message = "State names must have 1 to 80 characters";
                self.schema_error(message, &pointer.key(name), place);
            }
            if scope.contains_key(name) {
                let message = format!("Duplicate state name: {name}");
                self.error(Code::DuplicateStateName, message, &pointer.key(name), place);
            } else {
                scope.insert(name, StateId(next));
                next += 1;
            }
        }
        scope
    }

    /// The state that `name` stands for in a transition.
    fn target(
        &mut self,
        name: &str,
        scope: &Scope<'_>,
        pointer: &Pointer<'_>,
        place: Place,
    ) -> Option<StateId> {
        let found = scope.get(name).copied();
        if found.is_none() {
            let field = match pointer.segment {
                Segment::Key(key) => key,
                Segment::Index(_) => "Next",
            };
            let message = format!("Missing '{field}' target: {name}");
            self.error(Code::MissingTransitionTarget, message, pointer, place);
            self.hint(name, scope.keys().copied());
        }
        found
    }

    /// `Next` or `End` of a state that has one of them.
    fn next(&mut self, fields: &mut Fields<'_>, scope: &Scope<'_>) -> Option<Next> {
        let end = fields.boolean(self, "End").unwrap_or(false);
        let Some(name) = fields.text(self, "Next") else {
            if !end {
                let message = "These fields are required: [Next or End]";
                self.schema_error(message, fields.pointer, fields.node.place);
            }
            return end.then_some(Next::End);
        };
        if end {
            let message = "Next and End cannot both be given";
            self.schema_error(message, fields.pointer, fields.node.place);
        }
        let place = fields.place_of("Next");
        let target = self.target(&name, scope, &fields.pointer.key("Next"), place)?;
        Some(Next::State(target))
    }

    fn schema_error(&mut self, message: impl Into<String>, pointer: &Pointer<'_>, place: Place) {
        self.error(Code::SchemaValidationFailed, message, pointer, place);
    }

    /// Adds to the last diagnostic which of `known` was perhaps meant by `typed`.
    fn hint<'k>(&mut self, typed: &str, known: impl Iterator<Item = &'k str>) {
        let likely = known
            .map(|name| (strsim::osa_distance(&typed.to_lowercase(), &name.to_lowercase()), name))
            // A third of the letters may be wrong; of equals the first by name.
            .filter(|(distance, name)| *distance * 3 <= typed.len().max(name.len()))
            .min();
        if let (Some((_, name)), Some(last)) = (likely, self.diagnostics.last_mut()) {
            last.hint = Some(format!("did you mean '{name}'?"));
        }
    }

    fn error(&mut self, code: Code, message: impl Into<String>, at: &Pointer<'_>, place: Place) {
        self.error_at(code, message.into(), at.text(), place);
    }

    fn error_at(&mut self, code: Code, message: String, location: String, place: Place) {
        let severity = Severity::Error;
        let hint = None;
        self.diagnostics.push(Diagnostic { severity, code, message, location, place, hint });
    }

    fn warning(&mut self, code: Code, message: impl Into<String>, at: &Pointer<'_>, place: Place) {
        let (severity, message, location) = (Severity::Warning, message.into(), at.text());
        let hint = None;
        self.diagnostics.push(Diagnostic { severity, code, message, location, place, hint });
    }
}
