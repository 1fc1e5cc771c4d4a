//! How the items of a distributed Map lie in files: `ReaderConfig` of `ItemReader`.

use faastlane_value::ArcStr;

/// How items lie in a file: `InputType`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// `JSON`: an array, which the names of `ItemsPointer` lead to.
    Json(Vec<ArcStr>),
    /// `JSONL`: one value to a line.
    JsonLines,
    /// `CSV`: rows are objects of texts.
    Csv(Csv),
    /// `MANIFEST`: a list of the files that hold the items.
    Manifest(Manifest),
}

/// The dialect of a CSV file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Csv {
    /// `CSVHeaders`; `None` is the first row of the file.
    pub columns: Option<Vec<ArcStr>>,
    /// The byte that stands for `CSVDelimiter`.
    pub delimiter: u8,
}

/// `ManifestType`
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Manifest {
    /// `S3_INVENTORY`
    Inventory,
    /// `ATHENA_DATA`: files of this format.
    Athena(Box<Format>),
}
