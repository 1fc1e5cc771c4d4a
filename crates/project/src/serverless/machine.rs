//! State machines of a service, under `stepFunctions.stateMachines`.

use faastlane_value::located::Node;

use super::variables::{Resolver, Sourced};
use super::{Draft, Entry, Properties, Service, normalized, string};
use crate::error::Error;
use crate::paths::Named;
use crate::text::Format;

impl Resolver<'_> {
    /// Adds the state machines of the service to the template.
    pub(super) fn machines(&mut self, service: &Service, draft: &mut Draft) -> Result<(), Error> {
        let plugin = self.member(&service.root, "stepFunctions")?;
        let section = match &plugin {
            Some(plugin) => self.member(plugin, "stateMachines")?,
            None => None,
        };
        for entry in self.entries(section)? {
            let own = &entry.value;
            let mut properties = Properties::default();
            let name = self.value_of(own, "name")?;
            let id = self.machine_id(&entry, name.as_ref())?;
            properties
                .set("StateMachineName", name.unwrap_or_else(|| string(entry.at, &entry.key)));
            properties.set("StateMachineType", self.kind(own)?);
            let definition = self.machine_definition(&entry)?;
            if definition.node.as_str().is_some() {
                properties.set("DefinitionString", self.here(&definition)?);
            } else {
                let origin = self.files.origin(definition.file).clone();
                draft.surroundings.origins.push((id.clone(), origin));
                properties.set("Definition", self.resolved(&definition)?);
            }
            draft.add(&entry, id, "AWS::StepFunctions::StateMachine", properties);
        }
        Ok(())
    }

    /// The logical id, as the plugin makes it.
    fn machine_id(&mut self, entry: &Entry, name: Option<&Node>) -> Result<String, Error> {
        let id = self.text_of(&entry.value, "id")?;
        let id = id.or_else(|| name.and_then(Node::as_str).map(str::to_owned));
        let made = || format!("{}StepFunctionsStateMachine", normalized(&entry.key));
        Ok(id.map_or_else(made, |id| normalized(&id)))
    }

    /// The plugin takes the type in any case.
    fn kind(&mut self, own: &Sourced) -> Result<Option<Node>, Error> {
        let Some(kind) = self.value_of(own, "type")? else { return Ok(None) };
        let upper = kind.as_str().map(str::to_uppercase);
        Ok(Some(upper.map_or(kind.clone(), |upper| string(kind.place, &upper))))
    }

    /// The definition, which is an object, its JSON text, or the name of a file. In the old form the
    /// machine is itself the definition.
    fn machine_definition(&mut self, entry: &Entry) -> Result<Sourced, Error> {
        let own = &entry.value;
        let Some(definition) = self.member(own, "definition")? else {
            if own.node.get("States").is_some() {
                return Ok(own.clone());
            }
            let message = format!("state machine `{}` has no definition", entry.key);
            return Err(self.invalid(own, message));
        };
        let Some(text) = definition.node.as_str() else { return Ok(definition) };
        let text = self.expanded(text, &definition)?;
        if Format::of_text(&text) == Format::Json {
            return Ok(definition);
        }
        let (file, place) = (self.files.path(super::Files::SERVICE), definition.at);
        let path = Named { file, place, property: "definition" }.file(&text)?;
        let file = self.files.read(path)?;
        let root = Sourced { node: (*self.files.root(file)).clone(), file, at: definition.at };
        self.head(root)
    }
}
