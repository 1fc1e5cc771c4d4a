//! YAML into the same tree that JSON is read into.
//!
//! It is a builder over a parser of events, because no ready-made loader keeps what templates need at once:
//! places, repeated keys and tags. CloudFormation's tags become their long forms, aliases become
//! copies (their total is bounded, so a small file cannot become a huge tree) and merge keys are
//! written out.

mod scalar;
mod tag;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use faastlane_value::json::MAX_DEPTH;
use faastlane_value::located::{Data, Member, Node, Place};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Tag};

/// How many nodes all aliases of one document may add.
const MAX_ALIASED_NODES: usize = 100_000;

/// A mistake in a YAML text.
#[derive(Debug)]
pub(crate) struct Mistake {
    pub(crate) place: Place,
    pub(crate) message: String,
}

/// The text that a scalar has after substitutions; `None` if there is nothing to replace in it.
pub(crate) type Substitute<'s> = &'s dyn Fn(&str) -> Option<String>;

/// Reads the one document of `text`; `substitute` is applied to each key and each scalar before its
/// type is decided, so that `${Delay}` may stand for a number.
pub(crate) fn parse(text: &str, substitute: Substitute<'_>) -> Result<Node, Mistake> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut builder = Builder::new(substitute);
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| scan_mistake(&error))?;
        builder.event(event, place(&span.start))?;
    }
    builder.root.ok_or_else(|| mistake(Place { line: 1, column: 1 }, "the file is empty"))
}

struct Builder<'s> {
    substitute: Substitute<'s>,
    open: Vec<Collection>,
    anchors: HashMap<usize, Anchored>,
    aliased_nodes: usize,
    root: Option<Node>,
}

/// An array or object whose end has not been seen.
struct Collection {
    place: Place,
    anchor: usize,
    tag: Option<Tag>,
    content: Content,
}

enum Content {
    Array(Vec<Node>),
    Object { members: Vec<Member>, key: Option<Key>, merged: Vec<Node> },
}

struct Key {
    text: String,
    place: Place,
    /// Whether it is an unquoted `<<`.
    merge: bool,
}

/// What an anchor stands for.
struct Anchored {
    node: Node,
    nodes: usize,
    depth: usize,
}

impl<'s> Builder<'s> {
    fn new(substitute: Substitute<'s>) -> Self {
        Self { substitute, open: Vec::new(), anchors: HashMap::new(), aliased_nodes: 0, root: None }
    }

    fn event(&mut self, event: Event<'_>, place: Place) -> Result<(), Mistake> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar(&text, style, anchor, tag.as_deref(), place)
            }
            Event::SequenceStart(anchor, tag) => {
                self.start(place, anchor, tag, Content::Array(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                let content =
                    Content::Object { members: Vec::new(), key: None, merged: Vec::new() };
                self.start(place, anchor, tag, content)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => self.alias(anchor, place),
            Event::DocumentStart(_) if self.root.is_some() => {
                Err(mistake(place, "a second document starts here; only one is read per file"))
            }
            _ => Ok(()),
        }
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        place: Place,
    ) -> Result<(), Mistake> {
        let plain = style == ScalarStyle::Plain;
        let text = (self.substitute)(text).map_or(Cow::Borrowed(text), Cow::Owned);
        if let Some(key) = self.awaited_key() {
            let merge = plain && text == "<<";
            *key = Some(Key { text: text.into_owned(), place, merge });
            return Ok(());
        }
        let data = match tag {
            Some(tag) if tag.is_yaml_core_schema() => scalar::tagged(&tag.suffix, &text)
                .ok_or_else(|| {
                    mistake(place, format!("`{text}` does not fit the tag !!{}", tag.suffix))
                })?,
            Some(tag) if custom(tag).is_none() => Data::String(text.as_ref().into()),
            _ if plain => scalar::plain(&text),
            _ => Data::String(text.as_ref().into()),
        };
        self.complete(Node { place, data }, anchor, tag)
    }

    /// Where the next key goes, if the innermost open collection is an object that waits for one.
    fn awaited_key(&mut self) -> Option<&mut Option<Key>> {
        match self.open.last_mut() {
            Some(Collection { content: Content::Object { key, .. }, .. }) if key.is_none() => {
                Some(key)
            }
            _ => None,
        }
    }

    fn start(
        &mut self,
        place: Place,
        anchor: usize,
        tag: Option<Cow<'_, Tag>>,
        content: Content,
    ) -> Result<(), Mistake> {
        if self.awaited_key().is_some() {
            return Err(mistake(place, "a key must be text, not a list or an object"));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep(place));
        }
        self.open.push(Collection { place, anchor, tag: tag.map(Cow::into_owned), content });
        Ok(())
    }

    fn end(&mut self) -> Result<(), Mistake> {
        let collection = self.open.pop().expect("the parser balances starts and ends");
        let data = match collection.content {
            Content::Array(items) => Data::Array(items),
            Content::Object { members, merged, .. } if merged.is_empty() => Data::Object(members),
            Content::Object { members, merged, .. } => Data::Object(merge(members, merged)?),
        };
        let node = Node { place: collection.place, data };
        self.complete(node, collection.anchor, collection.tag.as_ref())
    }

    fn alias(&mut self, anchor: usize, place: Place) -> Result<(), Mistake> {
        if self.awaited_key().is_some() {
            return Err(mistake(place, "a key must be text, not an alias"));
        }
        let Some(anchored) = self.anchors.get(&anchor) else {
            return Err(mistake(place, "this alias refers to a node that contains it"));
        };
        self.aliased_nodes = self.aliased_nodes.saturating_add(anchored.nodes);
        if self.aliased_nodes > MAX_ALIASED_NODES {
            let message = format!("aliases expand to more than {MAX_ALIASED_NODES} nodes");
            return Err(mistake(place, message));
        }
        if self.open.len() + anchored.depth > MAX_DEPTH {
            return Err(too_deep(place));
        }
        let node = anchored.node.clone();
        self.attach(node)
    }

    /// A node has been read: applies its tag, remembers its anchor, hands it to its parent.
    fn complete(&mut self, node: Node, anchor: usize, tag: Option<&Tag>) -> Result<(), Mistake> {
        let place = node.place;
        let node = match tag.and_then(custom) {
            Some(name) => tag::long_form(name, node).map_err(|message| mistake(place, message))?,
            None => node,
        };
        if anchor != 0 {
            let (nodes, depth) = measure(&node);
            self.anchors.insert(anchor, Anchored { node: node.clone(), nodes, depth });
        }
        self.attach(node)
    }

    fn attach(&mut self, node: Node) -> Result<(), Mistake> {
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut parent.content {
            Content::Array(items) => items.push(node),
            Content::Object { members, key, merged } => {
                let key = key.take().expect("a value follows its key");
                if key.merge {
                    merged.push(node);
                } else {
                    let (text, key_place) = (key.text.into(), key.place);
                    members.push(Member { key: text, key_place, value: node });
                }
            }
        }
        Ok(())
    }
}

/// What the merge keys (`<<`) of an object bring in, then its own members. An own member wins over
/// a merged one, an earlier merged object over a later one (<https://yaml.org/type/merge.html>).
fn merge(own: Vec<Member>, merged: Vec<Node>) -> Result<Vec<Member>, Mistake> {
    let mut taken: HashSet<_> = own.iter().map(|member| member.key.clone()).collect();
    let mut members = Vec::new();
    for node in merged {
        let objects = match node.data {
            Data::Array(items) => items,
            _ => vec![node],
        };
        for object in objects {
            let Data::Object(candidates) = object.data else {
                return Err(mistake(object.place, "`<<` takes an object or a list of objects"));
            };
            members
                .extend(candidates.into_iter().filter(|member| taken.insert(member.key.clone())));
        }
    }
    members.extend(own);
    Ok(members)
}

/// How many nodes a tree has, and how deep it is.
fn measure(node: &Node) -> (usize, usize) {
    let children: Vec<&Node> = match &node.data {
        Data::Array(items) => items.iter().collect(),
        Data::Object(members) => members.iter().map(|member| &member.value).collect(),
        _ => Vec::new(),
    };
    children
        .into_iter()
        .map(measure)
        .fold((1, 1), |(nodes, depth), (more, below)| (nodes + more, depth.max(below + 1)))
}

/// The name of a tag that is not YAML's own: `Sub` for `!Sub`.
fn custom(tag: &Tag) -> Option<&str> {
    (tag.handle == "!" && !tag.suffix.is_empty()).then_some(tag.suffix.as_str())
}

fn place(marker: &Marker) -> Place {
    // The parser counts columns from 0.
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Place { line: number(marker.line()), column: number(marker.col().saturating_add(1)) }
}

fn mistake(place: Place, message: impl Into<String>) -> Mistake {
    Mistake { place, message: message.into() }
}

fn scan_mistake(error: &ScanError) -> Mistake {
    let message = match error.info() {
        // The parser counts its open brackets in a byte.
        "recursion limit exceeded" => "brackets are nested deeper than 255 levels",
        message => message,
    };
    mistake(place(error.marker()), message)
}

fn too_deep(place: Place) -> Mistake {
    mistake(place, format!("nested deeper than {MAX_DEPTH} levels"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks the JSON that `yaml` reads as, or the mistake as `line:column: message`.
    fn check(yaml: &str, expected: &str) {
        let shown = match parse(yaml, &|_| None) {
            Ok(node) => node.to_value().to_json(),
            Err(Mistake { place, message }) => {
                format!("{}:{}: {message}", place.line, place.column)
            }
        };
        assert_eq!(shown, expected, "for\n{yaml}");
    }

    #[test]
    fn tags_become_long_forms() {
        check("!Ref X", r#"{"Ref":"X"}"#);
        check("!Condition X", r#"{"Condition":"X"}"#);
        check("!GetAtt X.Arn", r#"{"Fn::GetAtt":["X","Arn"]}"#);
        check("!GetAtt X.Outputs.Y", r#"{"Fn::GetAtt":["X","Outputs.Y"]}"#);
        check("!GetAtt [X, Arn]", r#"{"Fn::GetAtt":["X","Arn"]}"#);
        check("!GetAtt\n  - X\n  - Arn", r#"{"Fn::GetAtt":["X","Arn"]}"#);
        check("!Sub ['${a}', {a: 1}]", r#"{"Fn::Sub":["${a}",{"a":1}]}"#);
        check("!Select [1, !Split ['/', x]]", r#"{"Fn::Select":[1,{"Fn::Split":["/","x"]}]}"#);
        check(
            "!If\n  - C\n  - a\n  - !Ref AWS::NoValue",
            r#"{"Fn::If":["C","a",{"Ref":"AWS::NoValue"}]}"#,
        );
        check("! 12", r#""12""#);
        check("!!str 12", r#""12""#);
        check("!!int x", "1:1: `x` does not fit the tag !!int");
    }

    #[test]
    fn unknown_tags_are_refused() {
        check("a:\n  b: !Nope x", "2:6: unknown intrinsic function `!Nope`");
        check(
            "- !GetAttr a.b",
            "1:3: unknown intrinsic function `!GetAttr`; did you mean `!GetAtt`?",
        );
        check("!sub x", "1:1: unknown intrinsic function `!sub`; did you mean `!Sub`?");
    }

    #[test]
    fn keys_are_text_and_may_repeat() {
        check("yes: 1\n2: 3\ntrue: x", r#"{"yes":1,"2":3,"true":"x"}"#);
        check("a: 1\na: 2", r#"{"a":2}"#);
        check("? [a]\n: 1", "1:3: a key must be text, not a list or an object");
        check("a:", r#"{"a":null}"#);
        let node = parse("a: 1\na: 2", &|_| None).unwrap();
        assert_eq!(node.members().len(), 2, "repeated keys are kept");
    }

    #[test]
    fn aliases_and_merge_keys() {
        check("a: &x [1]\nb: *x", r#"{"a":[1],"b":[1]}"#);
        check(
            "a: &x {k: 1, l: 2}\nb:\n  l: 3\n  <<: *x",
            r#"{"a":{"k":1,"l":2},"b":{"k":1,"l":3}}"#,
        );
        check("<<: [{a: 1}, {a: 2, b: 2}]", r#"{"a":1,"b":2}"#);
        check("'<<': 1", r#"{"<<":1}"#);
        check("<<: 1", "1:5: `<<` takes an object or a list of objects");
        check("a: &x [*x]", "1:8: this alias refers to a node that contains it");
        check("a: *x", "1:4: while parsing node, found unknown anchor");
    }

    #[test]
    fn an_alias_bomb_is_refused() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..10 {
            let below = format!("*a{}, ", level - 1).repeat(10);
            text.push_str(&format!("a{level}: &a{level} [{below}]\n"));
        }
        check(&text, "5:45: aliases expand to more than 100000 nodes");
    }

    #[test]
    fn deep_nesting_is_refused() {
        check(&"[".repeat(600), "1:256: brackets are nested deeper than 255 levels");
        let mut chain = "a0: &a0 [x]\n".to_owned();
        for level in 1..600 {
            chain.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
        }
        assert!(parse(&chain, &|_| None).is_err());
    }

    #[test]
    fn mistakes_have_places() {
        check("a: b: c", "1:5: mapping values are not allowed in this context");
        check("a: [1\nb: c", "2:2: illegal placement of ':' indicator");
        check("", "1:1: the file is empty");
        check("# nothing", "1:1: the file is empty");
        check("a: 1\n---\nb: 2", "2:1: a second document starts here; only one is read per file");
    }

    #[test]
    fn scalars_are_substituted_before_they_get_a_type() {
        let substitute = |text: &str| Some(text.replace("${n}", "5"));
        let node = parse("a: ${n}\nb: '${n}'\nk${n}: x", &substitute).unwrap();
        assert_eq!(node.to_value().to_json(), r#"{"a":5,"b":"5","k5":"x"}"#);
    }
}
