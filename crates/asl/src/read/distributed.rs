//! The fields of a distributed Map.

use faastlane_value::ArcStr;
use faastlane_value::located::{Data, Node};

use super::fields::Fields;
use super::{MachineType, Pointer, Reader};
use crate::{Amount, Distributed, ItemBatcher, ResultWriter, Transformation};

/// The names of a Map's fields that only a distributed one has.
const FIELDS: [&str; 4] = ["ItemReader", "ItemBatcher", "ResultWriter", "Label"];

/// A number and the field that has its path.
pub(super) struct Range {
    name: &'static str,
    path: &'static str,
    least: f64,
    most: f64,
}

pub(super) const fn from(least: f64, name: &'static str, path: &'static str) -> Range {
    Range { name, path, least, most: 100_000_000.0 }
}

const TOLERATED_COUNT: Range = from(0.0, "ToleratedFailureCount", "ToleratedFailureCountPath");
const TOLERATED_PERCENTAGE: Range = Range {
    most: 100.0,
    ..from(0.0, "ToleratedFailurePercentage", "ToleratedFailurePercentagePath")
};
const BATCH_ITEMS: Range = from(1.0, "MaxItemsPerBatch", "MaxItemsPerBatchPath");
const BATCH_BYTES: Range = from(1.0, "MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath");

impl Reader {
    /// Reads what a Map has beside its items and its processor; `None` is an inline one.
    pub(super) fn distributed(
        &mut self,
        fields: &mut Fields<'_>,
        processor: &Node,
    ) -> Option<Distributed> {
        let tolerated_count = fields.amount(self, &TOLERATED_COUNT);
        let tolerated_percentage = fields.amount(self, &TOLERATED_PERCENTAGE);
        let Some(express) = is_distributed(processor) else {
            // Inline Maps accept a tolerance and do not use it.
            for name in FIELDS {
                if let Some(node) = fields.node(name) {
                    let message =
                        format!("Field '{name}' is only supported with \"Mode\": \"DISTRIBUTED\"");
                    self.schema_error(message, &fields.pointer.key(name), node.place);
                }
            }
            return None;
        };
        Some(Distributed {
            label: self.label(fields),
            express,
            reader: self.item_reader(fields),
            batcher: self.item_batcher(fields),
            writer: self.result_writer(fields),
            tolerated_count,
            tolerated_percentage,
        })
    }

    /// `ProcessorConfig`. Distributed Maps are for Standard executions: their children may be Express.
    pub(super) fn processor_config(&mut self, node: &Node, pointer: &Pointer<'_>) {
        let Some(mut config) = Fields::new(self, node, pointer) else { return };
        let mode = config.one_of(self, "Mode", &["INLINE", "DISTRIBUTED"]);
        let execution_type = config.one_of(self, "ExecutionType", &["STANDARD", "EXPRESS"]);
        config.refuse_unknown(self);
        if mode == Some("DISTRIBUTED") {
            if config.node("ExecutionType").is_none() {
                config.require_together(self, &[("ExecutionType", execution_type.is_some())]);
            }
            if self.machine_type == MachineType::Express {
                let message =
                    "Distributed mode Map state is not supported in EXPRESS state machines";
                self.schema_error(message, &pointer.key("Mode"), config.place_of("Mode"));
            }
        }
    }

    /// `Label`: at most 40 characters of those that names of resources may have. The wording of what is
    /// wrong with it follows recordings.
    fn label(&mut self, fields: &mut Fields<'_>) -> Option<ArcStr> {
        let label = fields.text(self, "Label")?;
        let mut refuse = |message: String| {
            let place = fields.place_of("Label");
            self.schema_error(message, &fields.pointer.key("Label"), place);
        };
        if label.chars().count() > 40 {
            refuse("Label cannot exceed 40 characters".to_owned());
        } else if let Some(wrong) = label.chars().find(|c| !may_be_in_label(*c)) {
            refuse(format!("Label contains invalid character: '{}'", as_python(wrong)));
        }
        Some(label)
    }

    fn item_batcher(&mut self, fields: &mut Fields<'_>) -> Option<ItemBatcher> {
        let node = fields.node("ItemBatcher")?;
        let pointer = fields.pointer.key("ItemBatcher");
        let mut fields = fields.inside(self, node, &pointer)?;
        let batcher = ItemBatcher {
            max_items: fields.amount(self, &BATCH_ITEMS),
            max_bytes: fields.amount(self, &BATCH_BYTES),
            input: fields.payload(self, "BatchInput"),
        };
        let ranges = [BATCH_ITEMS, BATCH_BYTES];
        if !ranges.iter().flat_map(|range| [range.name, range.path]).any(|n| node.get(n).is_some())
        {
            let message = "MaxItemsPerBatch or MaxInputBytesPerBatch is required";
            self.schema_error(message, &pointer, node.place);
        }
        fields.refuse_unknown(self);
        Some(batcher)
    }

    fn result_writer(&mut self, fields: &mut Fields<'_>) -> Option<ResultWriter> {
        let node = fields.node("ResultWriter")?;
        let pointer = fields.pointer.key("ResultWriter");
        let mut fields = fields.inside(self, node, &pointer)?;
        let name = fields.parameters_name();
        let parameters = fields.payload(self, name);
        let resource = fields.text(self, "Resource");
        if resource.as_deref().is_some_and(|name| !name.ends_with(":states:::s3:putObject")) {
            let message = "A ResultWriter's Resource must be \"arn:aws:states:::s3:putObject\"";
            let place = fields.place_of("Resource");
            self.schema_error(message, &fields.pointer.key("Resource"), place);
        }
        let config = fields.node("WriterConfig");
        if resource.is_some() || node.get(name).is_some() {
            let given = [("Resource", resource.is_some()), (name, node.get(name).is_some())];
            fields.require_together(self, &given);
        } else if config.is_none() {
            let message =
                "A ResultWriter needs Resource and Parameters, WriterConfig, or all three";
            self.schema_error(message, &pointer, node.place);
        }
        // What AWS does without a WriterConfig: "ResultWriter", developer guide.
        let mut transformation = Transformation::None;
        let mut lines = false;
        let at_config = fields.pointer.key("WriterConfig");
        if let Some(node) = config
            && let Some(mut config) = fields.inside(self, node, &at_config)
        {
            lines = config.one_of(self, "OutputType", &["JSON", "JSONL"]) == Some("JSONL");
            transformation =
                match config.one_of(self, "Transformation", &["NONE", "COMPACT", "FLATTEN"]) {
                    Some("COMPACT") => Transformation::Compact,
                    Some("FLATTEN") => Transformation::Flatten,
                    _ => Transformation::None,
                };
            config.refuse_unknown(self);
        }
        fields.refuse_unknown(self);
        Some(ResultWriter { parameters, transformation, lines })
    }
}

impl<'n> Fields<'n> {
    /// The fields of an object inside this one, in the same query language.
    pub(super) fn inside<'i>(
        &self,
        reader: &mut Reader,
        node: &'i Node,
        pointer: &'i Pointer<'i>,
    ) -> Option<Fields<'i>> {
        let mut fields = Fields::new(reader, node, pointer)?;
        fields.jsonata = self.jsonata;
        Some(fields)
    }

    /// A number in a range: the field itself, its path, or an expression.
    pub(super) fn amount(&mut self, reader: &mut Reader, range: &Range) -> Option<Amount> {
        self.refuse_both(reader, range.name, range.path);
        if let Some(path) = self.path_beside(reader, range.path) {
            return Some(Amount::Path(path));
        }
        if self.is_expression(range.name) {
            return self.expression(reader, range.name).map(Amount::Jsonata);
        }
        let node = self.node(range.name)?;
        let number = match &node.data {
            Data::Number(number) => Some(number.as_f64()),
            _ => None,
        };
        let number = number.filter(|number| (range.least..=range.most).contains(number));
        if number.is_none() {
            let message = format!("Expected a number from {} to {}", range.least, range.most);
            reader.schema_error(message, &self.pointer.key(range.name), node.place);
        }
        number.map(Amount::Fixed)
    }

    /// One of some words.
    pub(super) fn one_of(
        &mut self,
        reader: &mut Reader,
        name: &'static str,
        words: &[&'static str],
    ) -> Option<&'static str> {
        let text = self.text(reader, name)?;
        let word = words.iter().find(|word| **word == text).copied();
        if word.is_none() {
            let message = format!("{name} must be one of {}", words.join(", "));
            reader.schema_error(message, &self.pointer.key(name), self.place_of(name));
            reader.hint(&text, words.iter().copied());
        }
        word
    }
}

/// Whether the children of a processor are executions, and if so, whether they are Express ones.
pub(super) fn is_distributed(processor: &Node) -> Option<bool> {
    let config = processor.get("ProcessorConfig")?;
    let word = |name| config.get(name).and_then(Node::as_str);
    (word("Mode") == Some("DISTRIBUTED")).then(|| word("ExecutionType") == Some("EXPRESS"))
}

/// As in names of resources: Step Functions API, `CreateStateMachine`, `name`.
fn may_be_in_label(c: char) -> bool {
    !c.is_whitespace() && !c.is_control() && !"<>{}[]?*\"#%\\^|~`$&,;:/".contains(c)
}

/// A character as Python's `repr` writes it in a text: so it was recorded.
fn as_python(c: char) -> String {
    match c {
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        '\\' => "\\\\".to_owned(),
        c if c.is_control() && u32::from(c) < 0x100 => format!("\\x{:02x}", u32::from(c)),
        c => c.to_string(),
    }
}
