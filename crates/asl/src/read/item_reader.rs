//! `ItemReader`: where a distributed Map's items are, and how they lie there.

use faastlane_value::ArcStr;

use super::Reader;
use super::distributed::{Range, from};
use super::fields::Fields;
use super::states::strings;
use crate::{Code, Csv, Format, ItemReader, Manifest};

const MAX_ITEMS: Range = from(0.0, "MaxItems", "MaxItemsPath");

impl Reader {
    pub(super) fn item_reader(&mut self, fields: &mut Fields<'_>) -> Option<ItemReader> {
        let node = fields.node("ItemReader")?;
        let pointer = fields.pointer.key("ItemReader");
        let mut fields = fields.inside(self, node, &pointer)?;
        fields.required(self, "Resource")?;
        let resource = fields.text(self, "Resource")?;
        let name = fields.parameters_name();
        fields.required(self, name);
        let parameters = fields.payload(self, name);
        let is_listing = match resource.rsplit_once(":states:::") {
            Some((_, "s3:getObject")) => false,
            Some((_, "s3:listObjectsV2")) => true,
            _ => {
                let message = "An ItemReader's Resource must be \"arn:aws:states:::s3:getObject\" or \
                               \"arn:aws:states:::s3:listObjectsV2\"";
                let place = fields.place_of("Resource");
                self.schema_error(message, &fields.pointer.key("Resource"), place);
                false
            }
        };
        let config = fields.node("ReaderConfig");
        let at_config = fields.pointer.key("ReaderConfig");
        let (mut format, mut max_items) = (None, None);
        if let Some(node) = config
            && let Some(mut config) = fields.inside(self, node, &at_config)
        {
            max_items = config.amount(self, &MAX_ITEMS);
            format = self.format(&mut config, is_listing);
            config.refuse_unknown(self);
        } else if !is_listing {
            fields.require_together(self, &[("ReaderConfig", config.is_some())]);
        }
        fields.refuse_unknown(self);
        Some(ItemReader { format, parameters: parameters?, max_items })
    }

    /// How items lie in the object; nothing of the kind for a listing.
    fn format(&mut self, config: &mut Fields<'_>, is_listing: bool) -> Option<Format> {
        const TYPES: [&str; 5] = ["CSV", "JSON", "JSONL", "PARQUET", "MANIFEST"];
        if is_listing {
            // Nothing but the objects' own descriptions; "LOAD_AND_FLATTEN" reads what is in them.
            if config.one_of(self, "Transformation", &["NONE", "LOAD_AND_FLATTEN"])
                == Some("LOAD_AND_FLATTEN")
            {
                let place = config.place_of("Transformation");
                let message = "LOAD_AND_FLATTEN is not supported yet";
                let pointer = config.pointer.key("Transformation");
                self.error(Code::NotSupported, message, &pointer, place);
            }
            config.allow(&["InputType"]);
            return None;
        }
        config.required(self, "InputType")?;
        let input_type = config.one_of(self, "InputType", &TYPES)?;
        let manifest = config.one_of(self, "ManifestType", &["S3_INVENTORY", "ATHENA_DATA"]);
        if input_type == "MANIFEST" && manifest != Some("ATHENA_DATA") {
            return Some(Format::Manifest(Manifest::Inventory));
        }
        let format = self.file_format(config, input_type)?;
        Some(match manifest {
            Some("ATHENA_DATA") => Format::Manifest(Manifest::Athena(Box::new(format))),
            _ => format,
        })
    }

    fn file_format(&mut self, config: &mut Fields<'_>, input_type: &str) -> Option<Format> {
        match input_type {
            "JSON" => Some(Format::Json(self.items_pointer(config))),
            "JSONL" => Some(Format::JsonLines),
            "CSV" => Some(Format::Csv(self.csv(config)?)),
            other => {
                let message = format!("InputType {other} is not supported yet");
                let place = config.place_of("InputType");
                let pointer = config.pointer.key("InputType");
                self.error(Code::NotSupported, message, &pointer, place);
                None
            }
        }
    }

    /// `ItemsPointer`: a JSON pointer (RFC 6901) of names.
    fn items_pointer(&mut self, config: &mut Fields<'_>) -> Vec<ArcStr> {
        const NAME: &str = "ItemsPointer";
        let Some(text) = config.text(self, NAME) else { return Vec::new() };
        if !text.is_empty() && !text.starts_with('/') {
            let message = "ItemsPointer must be a JSON pointer, such as \"/data/items\"";
            self.schema_error(message, &config.pointer.key(NAME), config.place_of(NAME));
        }
        let names = text.split('/').skip(1);
        names.map(|name| name.replace("~1", "/").replace("~0", "~").into()).collect()
    }

    fn csv(&mut self, config: &mut Fields<'_>) -> Option<Csv> {
        const DELIMITERS: [(&str, u8); 5] =
            [("COMMA", b','), ("PIPE", b'|'), ("SEMICOLON", b';'), ("SPACE", b' '), ("TAB", b'\t')];
        let names = DELIMITERS.map(|(name, _)| name);
        let delimiter = config.one_of(self, "CSVDelimiter", &names);
        let delimiter =
            DELIMITERS.iter().find(|(name, _)| delimiter.is_none_or(|given| given == *name));
        let is_given = match config.one_of(self, "CSVHeaderLocation", &["FIRST_ROW", "GIVEN"]) {
            Some(location) => location == "GIVEN",
            None => {
                let is_there = config.node("CSVHeaderLocation").is_some();
                config.require_together(self, &[("CSVHeaderLocation", is_there)]);
                false
            }
        };
        let headers = config.node("CSVHeaders");
        let columns = headers.and_then(strings);
        let message = match (is_given, headers, &columns) {
            (true, None, _) => Some("CSVHeaders is required where CSVHeaderLocation is GIVEN"),
            (_, Some(_), None) => Some("CSVHeaders must be an array of strings"),
            (false, Some(_), _) => Some("CSVHeaders needs \"CSVHeaderLocation\": \"GIVEN\""),
            _ => None,
        };
        if let Some(message) = message {
            let pointer = config.pointer.key("CSVHeaders");
            self.schema_error(message, &pointer, config.place_of("CSVHeaders"));
        }
        Some(Csv { columns: columns.filter(|_| is_given), delimiter: delimiter?.1 })
    }
}
