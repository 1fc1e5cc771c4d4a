//! State machines made at random: all types of states, nested, with paths that may lead nowhere.
//!
//! They are right by construction, as text: every state leads to the next one of its list, and what
//! else a state may have comes from lists of things that are allowed there.

use fastrand::Rng;

const PATHS: [&str; 14] = [
    r#""$""#,
    r#""$.a""#,
    r#""$.items""#,
    r#""$.items[0]""#,
    r#""$.a.b""#,
    r#""$..n""#,
    r#""$.items[*].n""#,
    r#""$.items[?(@.n > 1)]""#,
    r#""$['s']""#,
    r#""$.items[-1:]""#,
    r#""$$.Execution.Input""#,
    r#""$$.Map.Item.Value""#,
    r#""$$.State.Name""#,
    r#""$.missing""#,
];

const RESULT_PATHS: [&str; 6] =
    ["null", r#""$""#, r#""$.r""#, r#""$.a.b""#, r#""$.items[0]""#, r#""$.n.m""#];

const TEMPLATES: [&str; 9] = [
    r#"{"a.$": "$.a", "k": [1, {"b.$": "$$.State.EnteredTime"}]}"#,
    r#"{"items.$": "$.items", "n.$": "States.MathAdd($.n, 1)"}"#,
    r#"{"id.$": "States.UUID()", "n.$": "States.MathRandom(1, 9)", "items": [1, 2]}"#,
    r#"{"items.$": "States.Array($, 1, $.a)", "a.$": "$"}"#,
    r#"{"items.$": "States.ArrayRange(1, 3, 1)", "n": 1}"#,
    r#"{"a.$": "$$.Map.Item.Value", "n.$": "$$.Map.Item.Index"}"#,
    r#"{"s.$": "States.Format('{} {}', $.n, $$.Execution.Name)"}"#,
    r#"{"n": 123456789012345678901234567890, "items": [{"n": 1.0}], "s": "é"}"#,
    r#"{"text.$": "States.JsonToString($)", "items.$": "$..n"}"#,
];

const RESULTS: [&str; 4] =
    ["null", "[1, [2], []]", r#"{"items": [1, 2], "n": 0.1}"#, r#""2026-01-31T12:00:00Z""#];

const CONDITIONS: [&str; 9] = [
    r#""Variable": "$.n", "NumericLessThan": 2"#,
    r#""Variable": "$.a", "IsPresent": true"#,
    r#""Not": {"Variable": "$.s", "StringMatches": "x*"}"#,
    r#""And": [{"Variable": "$", "IsNull": false}, {"Variable": "$.items", "IsPresent": true}]"#,
    r#""Or": [{"Variable": "$.n", "IsString": true}, {"Variable": "$.s", "StringGreaterThanPath": "$.s"}]"#,
    r#""Variable": "$.s", "TimestampLessThan": "2026-01-31T12:00:00Z""#,
    r#""Variable": "$.n", "NumericEqualsPath": "$.missing""#,
    r#""Variable": "$$.State.RetryCount", "IsNumeric": true"#,
    r#""Variable": "$.a.b", "BooleanEquals": true"#,
];

const CALLS: [&str; 7] = [
    r#""Resource": "arn:aws:lambda:us-east-1:123456789012:function:f""#,
    r#""Resource": "f""#,
    r#""Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f", "Payload.$": "$"}"#,
    r#""Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName.$": "$.s", "InvocationType": "Event"}"#,
    r#""Resource": "arn:aws:states:us-east-1:123456789012:activity:a""#,
    r#""Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Parameters": {"QueueUrl": "q", "MessageBody.$": "$"}"#,
    r#""Resource": "arn:aws:states:::sns:publish""#,
];

const ERRORS: [&str; 4] =
    [r#"["E"]"#, r#"["States.TaskFailed"]"#, r#"["States.Timeout", "E"]"#, r#"["States.ALL"]"#];

/// A definition that is right, and now and then waits, loops or fails.
pub(crate) fn definition(random: &mut Rng) -> String {
    let mut writer = Writer { random };
    let flow = writer.flow(0);
    if writer.one_in(6) {
        format!(r#"{{"TimeoutSeconds": 30, {flow}}}"#)
    } else {
        format!("{{{flow}}}")
    }
}

/// An input that most paths find something in.
pub(crate) fn input(random: &mut Rng) -> String {
    const MEMBERS: [[&str; 3]; 4] = [
        [r#""a": {"b": true, "n": 1}"#, r#""a": [1.50]"#, r#""a": null"#],
        [
            r#""items": [{"n": 1}, {"n": 2}, 3]"#,
            r#""items": []"#,
            r#""items": [[1], [2], [3], [4]]"#,
        ],
        [r#""n": 1"#, r#""n": 12345678901234567890"#, r#""n": "2""#],
        [r#""s": "x""#, r#""s": "2016-03-05T21:29:29.243167252+05:30""#, r#""s": -0.0"#],
    ];
    match random.u8(..8) {
        0 => "null".to_owned(),
        1 => "[1, [2], {\"items\": [1]}]".to_owned(),
        _ => {
            let members = MEMBERS.map(|forms| forms[random.usize(..forms.len())]);
            format!("{{{}}}", members.join(", "))
        }
    }
}

struct Writer<'r> {
    random: &'r mut Rng,
}

impl Writer<'_> {
    /// `StartAt` and `States` of a machine, branch or item processor.
    fn flow(&mut self, depth: u8) -> String {
        let count = self.random.usize(1..=5 - usize::from(depth));
        let states: Vec<String> = (0..count)
            .map(|at| format!(r#""S{at}": {{{}}}"#, self.state(at, count, depth).join(", ")))
            .collect();
        format!(r#""StartAt": "S0", "States": {{{}}}"#, states.join(", "))
    }

    fn state(&mut self, at: usize, count: usize, depth: u8) -> Vec<String> {
        let last = at + 1 == count;
        let kind = self.kind(last, depth);
        let mut fields = vec![format!(r#""Type": "{kind}""#)];
        match kind {
            "Pass" => {
                fields.extend(self.sometimes("Result", &RESULTS));
                fields.extend(self.sometimes("Parameters", &TEMPLATES));
                fields.extend(self.sometimes("ResultPath", &RESULT_PATHS));
            }
            "Task" => self.task(&mut fields, count),
            "Choice" => self.choice(&mut fields, at, count),
            "Wait" => fields.push(self.pick(&[
                r#""Seconds": 0"#,
                r#""Seconds": 10"#,
                r#""SecondsPath": "$.n""#,
                r#""Timestamp": "2016-03-05T21:29:29Z""#,
                r#""TimestampPath": "$.s""#,
            ])),
            "Fail" => {
                fields.extend(self.sometimes("Error", &[r#""E""#, r#""F""#]));
                fields.extend(self.sometimes("CausePath", &[r#""$.s""#, r#""States.UUID()""#]));
            }
            "Parallel" => {
                let branches: Vec<String> = (0..self.random.u8(1..=3))
                    .map(|_| format!("{{{}}}", self.flow(depth + 1)))
                    .collect();
                fields.push(format!(r#""Branches": [{}]"#, branches.join(", ")));
                fields.extend(self.sometimes("Parameters", &TEMPLATES));
                self.handling(&mut fields, count);
            }
            "Map" => self.map(&mut fields, count, depth),
            _ => {}
        }
        if kind != "Fail" {
            fields.extend(self.sometimes("InputPath", &PATHS));
            fields.extend(self.sometimes("OutputPath", &PATHS));
        }
        match kind {
            "Choice" | "Succeed" | "Fail" => {}
            _ if last => fields.push(r#""End": true"#.to_owned()),
            _ => fields.push(format!(r#""Next": "S{}""#, at + 1)),
        }
        fields
    }

    /// A type: only the last state of a list ends it, and it must not be a Choice.
    fn kind(&mut self, last: bool, depth: u8) -> &'static str {
        const BEFORE: [&str; 7] = ["Parallel", "Map", "Task", "Task", "Pass", "Wait", "Choice"];
        const LAST: [&str; 8] =
            ["Parallel", "Map", "Task", "Task", "Pass", "Wait", "Succeed", "Fail"];
        let kinds: &[&str] = if last { &LAST } else { &BEFORE };
        let deep = if depth == 3 { 2 } else { 0 };
        kinds[self.random.usize(deep..kinds.len())]
    }

    fn task(&mut self, fields: &mut Vec<String>, count: usize) {
        fields.push(self.pick(&CALLS));
        if !fields[1].contains("Parameters") {
            fields.extend(self.sometimes("Parameters", &TEMPLATES));
        }
        if self.one_in(3) {
            fields.push(self.pick(&[
                r#""TimeoutSeconds": 5"#,
                r#""TimeoutSecondsPath": "$.n""#,
                r#""TimeoutSeconds": 9, "HeartbeatSeconds": 2"#,
                r#""HeartbeatSecondsPath": "$.n""#,
            ]));
        }
        self.handling(fields, count);
    }

    fn choice(&mut self, fields: &mut Vec<String>, at: usize, count: usize) {
        let rules: Vec<String> = (0..self.random.u8(1..=3))
            .map(|_| {
                let condition = self.pick(&CONDITIONS);
                let target = self.random.usize(..count);
                format!(r#"{{{condition}, "Next": "S{target}"}}"#)
            })
            .collect();
        fields.push(format!(r#""Choices": [{}]"#, rules.join(", ")));
        fields.push(format!(r#""Default": "S{}""#, at + 1));
    }

    fn map(&mut self, fields: &mut Vec<String>, count: usize, depth: u8) {
        let name = self.pick(&["ItemProcessor", "Iterator"]);
        let mode = if self.one_in(3) { self.distributed(fields) } else { "" };
        fields.push(format!(r#""{name}": {{{mode}{}}}"#, self.flow(depth + 1)));
        fields.push(self.pick(&[r#""ItemsPath": "$.items""#, r#""ItemsPath": "$..n""#]));
        fields.extend(self.sometimes("ItemSelector", &TEMPLATES));
        fields.extend(self.sometimes("MaxConcurrency", &["0", "1", "2"]));
        self.handling(fields, count);
    }

    /// What makes a Map a distributed one.
    fn distributed(&mut self, fields: &mut Vec<String>) -> &'static str {
        const BATCHERS: [&str; 3] = [
            r#"{"MaxItemsPerBatch": 2}"#,
            r#"{"MaxInputBytesPerBatch": 40, "BatchInput": {"n.$": "$.n"}}"#,
            r#"{"MaxItemsPerBatchPath": "$.n"}"#,
        ];
        const READERS: [&str; 2] = [
            r#"{"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "b"}}"#,
            r#"{"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON", "MaxItems": 3}, "Parameters": {"Bucket": "b", "Key.$": "$.s"}}"#,
        ];
        const WRITERS: [&str; 2] = [
            r#"{"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix": "p"}}"#,
            r#"{"WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSON"}}"#,
        ];
        fields.extend(self.sometimes("ItemBatcher", &BATCHERS));
        fields.extend(self.sometimes("ItemReader", &READERS));
        fields.extend(self.sometimes("ResultWriter", &WRITERS));
        fields.extend(self.sometimes("ToleratedFailureCount", &["1", "9"]));
        fields.extend(self.sometimes("ToleratedFailurePercentage", &["50", "100"]));
        fields.extend(self.sometimes("Label", &[r#""L""#]));
        r#""ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "#
    }

    /// What Task, Parallel and Map share.
    fn handling(&mut self, fields: &mut Vec<String>, count: usize) {
        fields.extend(self.sometimes("ResultSelector", &TEMPLATES));
        fields.extend(self.sometimes("ResultPath", &RESULT_PATHS));
        if self.one_in(2) {
            let more = self.pick(&[
                "",
                r#", "MaxAttempts": 1"#,
                r#", "IntervalSeconds": 3, "BackoffRate": 1.5, "MaxDelaySeconds": 4"#,
                r#", "JitterStrategy": "FULL""#,
            ]);
            let retriers = self.entries(|_| more.clone());
            fields.push(format!(r#""Retry": [{retriers}]"#));
        }
        if self.one_in(2) {
            let catchers = self.entries(|writer| {
                let target = writer.random.usize(..count);
                let path = writer.sometimes("ResultPath", &RESULT_PATHS);
                let path = path.map_or_else(String::new, |path| format!(", {path}"));
                format!(r#", "Next": "S{target}"{path}"#)
            });
            fields.push(format!(r#""Catch": [{catchers}]"#));
        }
    }

    /// One or two entries of `Retry` or `Catch`; `States.ALL` may stand only in the last.
    fn entries(&mut self, more: impl Fn(&mut Self) -> String) -> String {
        let mut entries = Vec::new();
        if self.one_in(3) {
            let errors = self.pick(&ERRORS[..3]);
            entries.push(format!(r#"{{"ErrorEquals": {errors}{}}}"#, more(self)));
        }
        let errors = self.pick(&ERRORS);
        entries.push(format!(r#"{{"ErrorEquals": {errors}{}}}"#, more(self)));
        entries.join(", ")
    }

    /// A field that is there one time in five.
    fn sometimes(&mut self, name: &str, values: &[&str]) -> Option<String> {
        self.one_in(5).then(|| format!(r#""{name}": {}"#, self.pick(values)))
    }

    fn pick(&mut self, choices: &[&str]) -> String {
        choices[self.random.usize(..choices.len())].to_owned()
    }

    fn one_in(&mut self, odds: u8) -> bool {
        self.random.u8(..odds) == 0
    }
}
