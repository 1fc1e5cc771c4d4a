//! Expressions: what JSONata costs through a state, beside the crate that evaluates it called directly;
//! what reading a definition costs, beside a plain parse of its text; and what a rule of a Choice costs.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use faastlane_asl::MachineType;
use faastlane_value::located;
use jsonata_core::ast::AstNode;
use jsonata_core::evaluator::{Context, Evaluator};
use jsonata_core::parser;
use jsonata_core::value::JValue;
use serde_json::{Value, json};

use crate::case::{Case, Contender, Subject, Unit};
use crate::definition;
use crate::engine::NullLane;

/// States of an execution that each evaluate the same expression.
const STATES: u32 = 50;
/// Orders in the document.
const ORDERS: u32 = 100;
/// Rules of the Choice state; only the last fits.
const RULES: u32 = 100;
/// Length of the definition that is read, in bytes.
const DEFINITION: usize = 1_000_000;

/// Expressions as workflows have them, from a plain path to one that goes over all orders.
const EXPRESSIONS: [(&str, &str); 4] = [
    ("a member", "$states.input.customer.name"),
    ("a condition", "$states.input.count > 10 and $states.input.customer.priority = true"),
    ("an object", "{'id': $states.input.customer.id, 'first': $states.input.orders[0].sku}"),
    (
        "a sum over 100 orders",
        "$sum($states.input.orders[status = 'open' and amount > 20].(amount * quantity))",
    ),
];

/// All cases of this group.
pub(crate) fn cases() -> Vec<Case> {
    let jsonata = EXPRESSIONS.iter().map(|(name, text)| through_a_state(name, text));
    let rest = [reading(), choice("JSONPath", json_path_rule), choice("JSONata", jsonata_rule)];
    jsonata.chain(rest).collect()
}

fn document() -> Value {
    let order = |at: u32| {
        let status = if at.is_multiple_of(3) { "open" } else { "shipped" };
        json!({"sku": format!("sku-{at:05}"), "status": status, "amount": f64::from(at) + 0.5,
               "quantity": at % 7 + 1, "gift": false, "note": null})
    };
    json!({
        "customer": {"id": 7_731, "name": "Ada Lovelace", "priority": true}, "count": ORDERS,
        "orders": (0..ORDERS).map(order).collect::<Vec<_>>(),
    })
}

/// The expression as `Assign` of Pass states, each of which hands its input on; less what the same
/// states cost without it.
fn through_a_state(name: &str, text: &'static str) -> Case {
    let contenders = move || {
        let chain = |state: Value| definition::chain((0..STATES).map(|_| state.clone()).collect());
        let with = json!({"Type": "Pass", "QueryLanguage": "JSONata",
                          "Assign": {"value": format!("{{% {text} %}}")}});
        let without = json!({"Type": "Pass", "QueryLanguage": "JSONata", "Assign": {"value": 1}});
        let input = || definition::value(&document());
        Ok(vec![
            Contender::new(
                "expression of a state",
                Difference {
                    with: NullLane::new(chain(with)?, definition::start(input()?), STATES),
                    without: NullLane::new(chain(without)?, definition::start(input()?), STATES),
                },
            )
            .goal("≤ 1.3 × jsonata-core"),
            Contender::new("jsonata-core", Direct::new(text)?),
        ])
    };
    Case {
        name: format!("expr/JSONata: {name}"),
        unit: Unit::Nanoseconds,
        pinned: true,
        contenders: Box::new(contenders),
    }
}

/// What a state costs more with an expression than without.
struct Difference {
    with: NullLane,
    without: NullLane,
}

impl Subject for Difference {
    fn measure(&mut self, budget: Duration) -> anyhow::Result<Vec<f64>> {
        let mut without = self.without.measure(budget / 4)?;
        without.sort_by(f64::total_cmp);
        let base = without[without.len() / 2];
        let with = self.with.measure(budget - budget / 4)?;
        // The two were measured one after the other: on a bad day the difference is nothing.
        Ok(with.into_iter().map(|sample| (sample - base).max(1.0)).collect())
    }
}

/// The same expression, compiled once, evaluated on the same document, converted once, by `jsonata-core`
/// alone, without limits.
struct Direct {
    node: AstNode,
    states: JValue,
}

impl Direct {
    fn new(text: &str) -> anyhow::Result<Self> {
        let node = parser::parse(text)?;
        let states = json!({"input": document()}).to_string();
        let states = JValue::from_json_str(&states).context("the document is JSON")?;
        Ok(Self { node, states })
    }
}

impl Subject for Direct {
    fn measure(&mut self, budget: Duration) -> anyhow::Result<Vec<f64>> {
        timed(budget, STATES, || {
            let mut context = Context::new();
            context.bind("states".to_owned(), self.states.clone());
            let value =
                Evaluator::with_context(context).evaluate(&self.node, &JValue::Undefined)?;
            ensure!(!value.is_undefined(), "the expression has no value");
            black_box(value);
            Ok(())
        })
    }
}

/// Samples of `work`, each of `times` calls and in nanoseconds of one, for about `budget`.
fn timed(
    budget: Duration,
    times: u32,
    mut work: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<Vec<f64>> {
    let mut samples = Vec::new();
    let until = Instant::now() + budget;
    while samples.is_empty() || Instant::now() < until {
        let begun = Instant::now();
        (0..times).try_for_each(|_| work())?;
        samples.push(begun.elapsed().as_secs_f64() * 1e9 / f64::from(times));
    }
    Ok(samples)
}

/// A definition of a megabyte: its text to a tree with places, to a checked machine, beside what
/// `serde_json` needs for the text alone.
fn reading() -> Case {
    let contenders = || {
        let text: Arc<str> = large_definition().to_string().into();
        Ok(vec![
            Contender::new("parsed and checked", Reading { text: Arc::clone(&text), read })
                .goal("≤ 3 × serde_json"),
            Contender::new("parsed", Reading { text: Arc::clone(&text), read: locate }),
            Contender::new("serde_json", Reading { text, read: parse }),
        ])
    };
    Case {
        name: "expr/1 MB of ASL".to_owned(),
        unit: Unit::Nanoseconds,
        pinned: true,
        contenders: Box::new(contenders),
    }
}

struct Reading {
    text: Arc<str>,
    read: fn(&str) -> anyhow::Result<()>,
}

impl Subject for Reading {
    fn measure(&mut self, budget: Duration) -> anyhow::Result<Vec<f64>> {
        timed(budget, 1, || (self.read)(&self.text))
    }
}

fn read(text: &str) -> anyhow::Result<()> {
    let tree = located::parse(text)?;
    let (machine, diagnostics) = faastlane_asl::read(&tree, MachineType::Standard);
    ensure!(machine.is_some(), "the definition is refused: {:?}", diagnostics.first());
    black_box(machine);
    Ok(())
}

fn locate(text: &str) -> anyhow::Result<()> {
    black_box(located::parse(text)?);
    Ok(())
}

fn parse(text: &str) -> anyhow::Result<()> {
    black_box(serde_json::from_str::<Value>(text)?);
    Ok(())
}

/// States as workflows have them, again and again, until there is a megabyte of them.
fn large_definition() -> Value {
    let block = |at: usize| {
        let next = |name: &str| format!("{name}{at}");
        json!({
            next("Fetch"): {
                "Type": "Task",
                "Comment": "Asks the service of the warehouse for what is there, and for what is on its way",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": {
                    "FunctionName": "arn:aws:lambda:eu-central-1:123456789012:function:warehouse-stock",
                    "Payload": {"order.$": "$.order.id", "customer.$": "$.customer", "execution.$": "$$.Execution.Id",
                                "limits": {"items": 100, "seconds": 30}},
                },
                "ResultSelector": {"stock.$": "$.Payload.stock"},
                "ResultPath": "$.warehouse",
                "TimeoutSeconds": 60,
                "Retry": [{"ErrorEquals": ["Lambda.ServiceException", "Lambda.TooManyRequestsException"],
                           "IntervalSeconds": 2, "MaxAttempts": 6, "BackoffRate": 2.0}],
                "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": next("Choose")}],
                "Next": next("Choose"),
            },
            next("Choose"): {
                "Type": "Choice",
                "Choices": [
                    {"Variable": "$.order.total", "NumericGreaterThan": 1000, "Next": next("Wait")},
                    {"And": [{"Variable": "$.customer.priority", "BooleanEquals": true},
                             {"Not": {"Variable": "$.order.country", "StringEquals": "DE"}}], "Next": next("Shape")},
                ],
                "Default": next("Shape"),
            },
            next("Wait"): {"Type": "Wait", "SecondsPath": "$.order.delay", "Next": next("Shape")},
            next("Shape"): {
                "Type": "Pass",
                "Parameters": {"id.$": "States.Format('{}-{}', $.order.id, $.customer.id)",
                               "tags": ["new", "gift", "express"], "note": "as the customer wrote it"},
                "Next": format!("Fetch{}", at + 1),
            },
        })
    };
    let one = block(0).to_string().len();
    let count = DEFINITION / one + 1;
    let mut states = serde_json::Map::new();
    for at in 0..count {
        if let Value::Object(block) = block(at) {
            states.extend(block);
        }
    }
    states.insert(format!("Fetch{count}"), json!({"Type": "Succeed"}));
    json!({"StartAt": "Fetch0", "States": states})
}

/// A Choice of which the last rule fits, in nanoseconds a rule.
fn choice(language: &'static str, rule: fn(u32) -> Value) -> Case {
    let contenders = move || {
        let mut rules: Vec<_> = (0..RULES).map(rule).collect();
        for rule in &mut rules {
            rule["Next"] = "Done".into();
        }
        let machine = definition::read(&json!({
            "StartAt": "Choose",
            "States": {
                "Choose": {"Type": "Choice", "QueryLanguage": language, "Choices": rules},
                "Done": {"Type": "Succeed"},
            },
        }))?;
        let start = definition::start(definition::value(&json!({"n": RULES - 1}))?);
        Ok(vec![Contender::new("a rule", NullLane::new(machine, start, RULES))])
    };
    Case {
        name: format!("expr/Choice over {RULES} rules in {language}"),
        unit: Unit::Nanoseconds,
        pinned: true,
        contenders: Box::new(contenders),
    }
}

fn json_path_rule(at: u32) -> Value {
    json!({"Variable": "$.n", "NumericEquals": at})
}

fn jsonata_rule(at: u32) -> Value {
    json!({"Condition": format!("{{% $states.input.n = {at} %}}")})
}
