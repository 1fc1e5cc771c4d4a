//! The definition of a state machine as a tree, whose places are those of the text a user sees.

use std::path::{Path, PathBuf};

use faastlane_value::located::{self, Data, Node, Place};

use crate::error::{At, Error};
use crate::substitute::{Substitutions, relocate};
use crate::text::{self, Format};
use crate::yaml;

/// A state machine's definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// The file that it stands in: its own, or the template.
    pub file: PathBuf,
    /// The text of that file as the user wrote it; the places in `root` point into it.
    pub source: String,
    /// The definition after substitutions and intrinsic functions.
    pub root: Node,
}

impl Definition {
    /// Reads `source`, the text of a file of its own.
    pub(crate) fn from_source(
        file: &Path,
        source: String,
        substitutions: &Substitutions,
    ) -> Result<Self, Error> {
        let format = Format::of(file, &source);
        let root = parse(&source, format, substitutions)
            .map_err(|(place, message)| Error::Syntax { at: At::new(file, place), message })?;
        refuse_functions(file, &root)?;
        Ok(Self { file: file.to_owned(), source, root })
    }

    /// Reads a text that stands as one string, at `place`, in the template `file`.
    pub(crate) fn from_string(
        (file, source): (&Path, &str),
        place: Place,
        text: &str,
        substitutions: &Substitutions,
    ) -> Result<Self, Error> {
        let inside = block_places(source, place, text);
        let mut root =
            parse(text, Format::of_text(text), substitutions).map_err(|(inner, message)| {
                let (at, message) = match &inside {
                    Some(inside) => (inside.of(inner), message),
                    None => {
                        let Place { line, column } = inner;
                        (
                            place,
                            format!("line {line}, column {column} of this definition: {message}"),
                        )
                    }
                };
                Error::Syntax { at: At::new(file, at), message }
            })?;
        relocate(&mut root, &|inner| inside.as_ref().map_or(place, |inside| inside.of(inner)));
        Ok(Self { file: file.to_owned(), source: source.to_owned(), root })
    }
}

/// CloudFormation never looks into a definition's own file, so its functions would stay as they are.
fn refuse_functions(file: &Path, node: &Node) -> Result<(), Error> {
    if let Data::Array(items) = &node.data {
        return items.iter().try_for_each(|item| refuse_functions(file, item));
    }
    for member in node.members() {
        if member.key.starts_with("Fn::") {
            let message = format!(
                "`{}` has no effect in a definition file; use ${{Name}} and DefinitionSubstitutions",
                member.key
            );
            return Err(Error::Invalid { at: At::new(file, member.key_place), message });
        }
        refuse_functions(file, &member.value)?;
    }
    Ok(())
}

fn parse(
    text: &str,
    format: Format,
    substitutions: &Substitutions,
) -> Result<Node, (Place, String)> {
    if format == Format::Yaml {
        return yaml::parse(text, &|scalar| substitutions.scalar(scalar))
            .map_err(|mistake| (mistake.place, mistake.message));
    }
    let replaced = substitutions.json(text);
    let mut root = located::parse(&replaced.text)
        .map_err(|error| (replaced.written(text::place(&error)), error.message))?;
    relocate(&mut root, &|place| replaced.written(place));
    Ok(root)
}

/// How places in a block scalar (`|`) lie in the file around it.
struct Block {
    first_line: u32,
    indent: u32,
}

impl Block {
    fn of(&self, inner: Place) -> Place {
        Place { line: inner.line - 1 + self.first_line, column: inner.column + self.indent }
    }
}

/// Finds the lines of a block scalar in its file: they begin at `place`, or on the line below when
/// `|` stands at `place`. `None` for any other kind of string, whose lines are not those of the file.
fn block_places(source: &str, place: Place, text: &str) -> Option<Block> {
    let first = text.lines().next()?;
    let indent_of = |line: &str| line.chars().take_while(|character| *character == ' ').count();
    (place.line..=place.line.saturating_add(1)).find_map(|number| {
        let line = source.lines().nth(usize::try_from(number).ok()?.checked_sub(1)?)?;
        let indent = indent_of(line).checked_sub(indent_of(first))?;
        let same = line.trim() == first.trim();
        let indent = u32::try_from(indent).ok()?;
        same.then_some(Block { first_line: number, indent })
    })
}
