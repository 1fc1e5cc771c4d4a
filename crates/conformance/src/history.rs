//! Compares histories: types and names of events, how they follow from each other, their details.
//!
//! Outside concurrent branches and iterations two histories must agree event for event. Inside them
//! a recording shows one of several possible orders, so there the events are compared as a bag.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Range;

use faastlane_value::{Object, Value, json};

use crate::compare::{self, Difference, Volatile};

/// How far two histories agree.
#[derive(Debug)]
pub struct Agreement {
    /// Types of events and names of states.
    pub events: Result<(), Difference>,
    /// Ids and previous ids.
    pub links: Result<(), Difference>,
    /// Details.
    pub payloads: Result<(), Difference>,
}

/// Compares a recorded history with an actual one in the shape of `GetExecutionHistory`.
///
/// `sorted` says that what stands between the start and the end of Parallel states was recorded in
/// alphabetical order, without ids.
#[must_use]
pub fn compare(
    recorded: &[Value],
    sorted: bool,
    actual: &[Value],
    volatile: &Volatile,
) -> Agreement {
    let recorded: Vec<Event> = recorded.iter().map(Event::recorded).collect();
    let actual: Vec<Event> = actual.iter().map(Event::actual).collect();
    let bags = bags(&recorded, sorted);
    match pairs(&recorded, &actual, &bags, volatile) {
        Err(difference) => Agreement {
            events: Err(difference.clone()),
            links: Err(difference.clone()),
            payloads: Err(difference),
        },
        Ok(pairs) => Agreement {
            events: Ok(()),
            links: links(&recorded, &actual, &bags, sorted),
            payloads: pairs.into_iter().try_for_each(|(recorded, actual)| {
                let place = format!("event {} {}", actual.id.unwrap_or(0), actual.title());
                details(&place, recorded, actual, volatile)
            }),
        },
    }
}

/// What is compared of an event.
#[derive(Debug)]
struct Event {
    /// `None` where it means nothing.
    id: Option<i64>,
    previous: Option<i64>,
    kind: String,
    /// The state's name.
    name: Option<String>,
    details: Option<Value>,
}

impl Event {
    fn recorded(event: &Value) -> Self {
        let details = event.get("details").cloned();
        Self::new(
            event,
            event.get("name").or(details.as_ref().and_then(|d| d.get("name"))),
            &details,
        )
    }

    fn actual(event: &Value) -> Self {
        let mut members = event.as_object().into_iter().flat_map(Object::iter);
        let details = members
            .find(|(key, _)| key.ends_with("EventDetails"))
            .and_then(|(_, details)| details.as_object())
            .map(|details| Value::object(details.iter().map(parsed)));
        Self::new(event, details.as_ref().and_then(|details| details.get("name")), &details)
    }

    fn new(event: &Value, name: Option<&Value>, details: &Option<Value>) -> Self {
        let number = |key: &str| event.get(key)?.as_number()?.as_i64();
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        Self {
            id: number("id"),
            previous: number("previousEventId"),
            kind: text(event.get("type")).unwrap_or_default(),
            name: text(name),
            details: details.clone(),
        }
    }

    fn key(&self) -> (&str, Option<&str>) {
        (&self.kind, self.name.as_deref())
    }

    fn title(&self) -> String {
        let name = self.name.as_deref().unwrap_or_default();
        format!("{} {name}", self.kind).trim_end().to_owned()
    }
}

/// A member of a details object; recordings hold JSON texts as the values they mean.
fn parsed((key, value): &(faastlane_value::ArcStr, Value)) -> (faastlane_value::ArcStr, Value) {
    let is_json = ["input", "output", "parameters"].contains(&key.as_str());
    let inner =
        value.as_str().filter(|_| is_json).and_then(|text| json::parse(text.as_bytes()).ok());
    (key.clone(), inner.unwrap_or_else(|| value.clone()))
}

/// The parts of a recorded history in which the order of events is one of several.
///
/// Such a part is what happens inside an outermost Parallel or Map state of which more than one
/// branch or iteration began at the same event, or whose events were sorted.
fn bags(events: &[Event], sorted: bool) -> Vec<Range<usize>> {
    let mut bags = Vec::new();
    let mut at = 0;
    while at < events.len() {
        let event = &events[at];
        at += 1;
        if !matches!(event.kind.as_str(), "ParallelStateEntered" | "MapStateEntered") {
            continue;
        }
        let ends = |other: &Event| {
            other.kind.ends_with("StateExited") && other.name == event.name
                || other.kind.starts_with("Execution")
        };
        let length = events[at..].iter().position(ends).unwrap_or(events.len() - at);
        let bag = at..at + length;
        let is_sorted = sorted && event.kind.starts_with("Parallel");
        if is_sorted || is_concurrent(&events[bag.clone()]) {
            bags.push(bag.clone());
        }
        at = bag.end;
    }
    bags
}

fn is_concurrent(events: &[Event]) -> bool {
    let followers = counted(events.iter().filter_map(|event| event.previous));
    let is_start =
        |event: &&Event| ["ParallelStateStarted", "MapStateStarted"].contains(&event.kind.as_str());
    let mut starts = events.iter().filter(is_start).filter_map(|event| event.id);
    starts.any(|id| followers.get(&id).is_some_and(|count| *count > 1))
}

/// Which actual event belongs to which recorded one.
fn pairs<'e>(
    recorded: &'e [Event],
    actual: &'e [Event],
    bags: &[Range<usize>],
    volatile: &Volatile,
) -> Result<Vec<(&'e Event, &'e Event)>, Difference> {
    let in_bag = |at: usize| bags.iter().find(|bag| bag.contains(&at));
    for at in 0..recorded.len().max(actual.len()) {
        let title = |events: &[Event]| events.get(at).map_or("nothing".to_owned(), Event::title);
        let same = match (recorded.get(at), actual.get(at)) {
            (Some(recorded), Some(actual)) => recorded.key() == actual.key(),
            _ => false,
        };
        if !same && (in_bag(at).is_none() || recorded.len() != actual.len()) {
            return Err(Difference::new(
                format!("event {}", at + 1),
                &title(recorded),
                &title(actual),
            ));
        }
    }
    let mut pairs = Vec::with_capacity(recorded.len());
    let mut at = 0;
    while at < recorded.len() {
        match in_bag(at) {
            None => pairs.push((&recorded[at], &actual[at])),
            Some(bag) => {
                pair_bag(&recorded[bag.clone()], &actual[bag.clone()], volatile, &mut pairs)?;
                at = bag.end - 1;
            }
        }
        at += 1;
    }
    Ok(pairs)
}

/// Pairs the events of a bag: those with matching details first.
fn pair_bag<'e>(
    recorded: &'e [Event],
    actual: &'e [Event],
    volatile: &Volatile,
    pairs: &mut Vec<(&'e Event, &'e Event)>,
) -> Result<(), Difference> {
    let mut free: Vec<&Event> = actual.iter().collect();
    let mut left = Vec::new();
    for event in recorded {
        let fits = |other: &&Event| {
            event.key() == other.key() && details("", event, other, volatile).is_ok()
        };
        match free.iter().position(fits) {
            Some(at) => pairs.push((event, free.remove(at))),
            None => left.push(event),
        }
    }
    for event in left {
        let Some(at) = free.iter().position(|other| event.key() == other.key()) else {
            let among = "no such event among concurrent ones";
            return Err(Difference::new("events", &event.title(), among));
        };
        pairs.push((event, free.remove(at)));
    }
    Ok(())
}

fn details(
    place: &str,
    recorded: &Event,
    actual: &Event,
    volatile: &Volatile,
) -> Result<(), Difference> {
    compare::members(place, recorded.details.as_ref(), actual.details.as_ref(), volatile)
}

/// Compares ids and previous ids; the histories have the same types and names of events.
fn links(
    recorded: &[Event],
    actual: &[Event],
    bags: &[Range<usize>],
    sorted: bool,
) -> Result<(), Difference> {
    let bag_of = |id: i64| bags.iter().position(|bag| bag.contains(&index(id)));
    // An event may follow from any event of a bag whose order is free.
    let same_previous = |a: Option<i64>, b: Option<i64>| {
        a == b || a.zip(b).is_some_and(|(a, b)| bag_of(a).is_some() && bag_of(a) == bag_of(b))
    };
    for (at, (recorded, actual)) in recorded.iter().zip(actual).enumerate() {
        if bags.iter().any(|bag| bag.contains(&at)) {
            continue;
        }
        if recorded.id != actual.id || !same_previous(recorded.previous, actual.previous) {
            let link = |event: &Event| format!("{:?} after {:?}", event.id, event.previous);
            let place = format!("event {} {}", at + 1, actual.title());
            return Err(Difference::new(place, &link(recorded), &link(actual)));
        }
    }
    for bag in bags.iter().filter(|_| !sorted) {
        let (recorded_links, actual_links) = (steps(recorded, bag), steps(actual, bag));
        let actual_counts = counted(actual_links);
        for (step, count) in counted(recorded_links) {
            if actual_counts.get(&step) != Some(&count) {
                let actual = format!("{} of them", actual_counts.get(&step).unwrap_or(&0));
                return Err(Difference::new(step, &format!("{count} of them"), &actual));
            }
        }
    }
    Ok(())
}

/// The steps from one event of a bag to the next, by their titles.
fn steps<'e>(events: &'e [Event], bag: &Range<usize>) -> impl Iterator<Item = String> + 'e {
    events[bag.clone()].iter().map(|event| {
        let previous = event.previous.and_then(|id| events.get(index(id)));
        format!("{} after {}", event.title(), previous.map_or("nothing".to_owned(), Event::title))
    })
}

/// The place of the event with the given id in its history.
fn index(id: i64) -> usize {
    usize::try_from(id).ok().and_then(|id| id.checked_sub(1)).unwrap_or(usize::MAX)
}

/// How often each of `items` occurs.
fn counted<T: Hash + Eq>(items: impl IntoIterator<Item = T>) -> HashMap<T, usize> {
    let mut counts = HashMap::new();
    for item in items {
        *counts.entry(item).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes a recorded and an actual history of `id<previous:Type:Name` words.
    fn history(words: &str, actual: bool) -> Vec<Value> {
        let member = |key: &str, value: Value| (key.to_owned(), value);
        let event = |word: &str| {
            let (links, rest) = word.split_once(':').expect("links and type");
            let (id, previous) = links.split_once('<').expect("two ids");
            let number = |text: &str| text.parse::<i64>().map_or(Value::Null, Value::from);
            let (kind, name) = rest.split_once(':').unwrap_or((rest, ""));
            let details = Value::object([member("name", Value::from(name))]);
            let key = if actual { "stateEnteredEventDetails" } else { "details" };
            let mut members = vec![
                member("id", number(id)),
                member("previousEventId", number(previous)),
                member("type", Value::from(kind)),
            ];
            members.extend((!name.is_empty()).then(|| member(key, details)));
            Value::object(members)
        };
        words.split_whitespace().map(event).collect()
    }

    fn check(sorted: bool, recorded: &str, actual: &str, expected: [bool; 3]) {
        let (recorded, actual) = (history(recorded, false), history(actual, true));
        let found = compare(&recorded, sorted, &actual, &Volatile::default());
        let found = [found.events.is_ok(), found.links.is_ok(), found.payloads.is_ok()];
        assert_eq!(found, expected, "events, links, payloads");
    }

    #[test]
    fn sequences_agree_event_for_event() {
        let recorded = "1<0:Start 2<0:PassStateEntered:A 3<2:PassStateExited:A";
        check(false, recorded, recorded, [true; 3]);
        let other_name = "1<0:Start 2<0:PassStateEntered:B 3<2:PassStateExited:A";
        check(false, recorded, other_name, [false; 3]);
        let other_link = "1<0:Start 2<1:PassStateEntered:A 3<2:PassStateExited:A";
        check(false, recorded, other_link, [true, false, true]);
        check(false, recorded, "1<0:Start", [false; 3]);
        check(false, "1<0:Start", recorded, [false; 3]);
    }

    #[test]
    fn concurrent_iterations_may_interleave() {
        let recorded = "1<0:MapStateEntered:M 2<1:MapStateStarted 3<2:Began:a 4<2:Began:b \
                        5<3:Ended:a 6<4:Ended:b 7<6:MapStateExited:M";
        let one_by_one = "1<0:MapStateEntered:M 2<1:MapStateStarted 3<2:Began:b 4<3:Ended:b \
                          5<2:Began:a 6<5:Ended:a 7<6:MapStateExited:M";
        check(false, recorded, one_by_one, [true; 3]);
        let chained = "1<0:MapStateEntered:M 2<1:MapStateStarted 3<2:Began:b 4<3:Ended:b \
                       5<4:Began:a 6<5:Ended:a 7<6:MapStateExited:M";
        check(false, recorded, chained, [true, false, true]);
        let outside = "1<0:MapStateEntered:M 2<1:MapStateStarted 3<2:Began:b 4<3:Ended:b \
                       5<2:Began:a 6<5:Ended:a 7<2:MapStateExited:N";
        check(false, recorded, outside, [false; 3]);
    }

    #[test]
    fn iterations_one_after_another_may_not() {
        let recorded = "1<0:MapStateEntered:M 2<1:MapStateStarted 3<2:Began:a 4<3:Ended:a \
                        5<4:Began:b 6<5:Ended:b 7<6:MapStateExited:M";
        let swapped = "1<0:MapStateEntered:M 2<1:MapStateStarted 3<2:Began:b 4<3:Ended:b \
                       5<4:Began:a 6<5:Ended:a 7<6:MapStateExited:M";
        check(false, recorded, swapped, [false; 3]);
    }

    #[test]
    fn sorted_parts_have_no_ids() {
        let recorded = "1<0:ParallelStateEntered:P 2<1:ParallelStateStarted x<0:Began:a \
                        x<0:Began:b x<0:Ended:a x<0:Ended:b 7<5:ParallelStateExited:P";
        let actual = "1<0:ParallelStateEntered:P 2<1:ParallelStateStarted 3<2:Began:a 4<3:Ended:a \
                      5<2:Began:b 6<5:Ended:b 7<6:ParallelStateExited:P";
        check(true, recorded, actual, [true; 3]);
    }
}
