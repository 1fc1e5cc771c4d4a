//! Task states that call AWS services, over the built-in function, against moto.

use serde_json::{Value, json};

use crate::harness::{Outcome, Project, faastlane};
use crate::moto::Moto;

/// A machine of tasks one after the other. The result of each is in `$.NAME`.
fn machine(tasks: &[(&str, &str, Value)]) -> String {
    let mut states = serde_json::Map::new();
    for (place, (name, resource, parameters)) in tasks.iter().enumerate() {
        let mut state = json!({"Type": "Task", "Resource": format!("arn:aws:states:::{resource}"),
            "Parameters": parameters, "ResultPath": format!("$.{name}")});
        match tasks.get(place + 1) {
            Some((next, ..)) => state["Next"] = json!(next),
            None => state["End"] = json!(true),
        }
        states.insert((*name).to_owned(), state);
    }
    json!({"StartAt": tasks[0].0, "States": states}).to_string()
}

/// Runs the tasks with no variable of AWS but these.
fn run(tasks: &[(&str, &str, Value)], variables: &[(&str, &str)], more: &str) -> Outcome {
    let project = Project::new(&[("flow.asl.json", &machine(tasks))]);
    let mut command = faastlane(&project.path(""), "run flow.asl.json --json --input {}");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command.args(more.split_whitespace()).envs(variables.iter().copied());
    Outcome::of(&mut command)
}

impl Moto {
    #[track_caller]
    fn output(&self, tasks: &[(&str, &str, Value)]) -> Value {
        let found = self.run(tasks);
        assert_eq!(found.code, 0, "{}{}", found.stderr, found.stdout);
        found.json()["output"].take()
    }

    fn run(&self, tasks: &[(&str, &str, Value)]) -> Outcome {
        let python = format!("--python {}", self.python.display());
        run(tasks, &[("AWS_ENDPOINT_URL", &self.url)], &python)
    }

    /// Error and cause of the last of these tasks; `REQUEST` stands for its request's id.
    #[track_caller]
    fn failure(&self, tasks: &[(&str, &str, Value)]) -> (String, String) {
        let found = self.run(tasks).json();
        let text = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
        let request = regex::Regex::new("Request ID: [^;,)]+").unwrap();
        (text("error"), request.replace(&text("cause"), "Request ID: REQUEST").into_owned())
    }
}

#[test]
fn services_are_called() {
    let Some(moto) = Moto::start() else { return };
    let key = json!({"id": {"S": "1"}});
    let id = [json!({"AttributeName": "id", "AttributeType": "S"})];
    let output = moto.output(&[
        ("Queue", "aws-sdk:sqs:createQueue", json!({"QueueName": "q"})),
        (
            "Send",
            "sqs:sendMessage",
            json!({"QueueUrl.$": "$.Queue.QueueUrl", "MessageBody": {"a": [1, "ü"]}}),
        ),
        ("Receive", "aws-sdk:sqs:receiveMessage", json!({"QueueUrl.$": "$.Queue.QueueUrl"})),
        ("Topic", "aws-sdk:sns:createTopic", json!({"Name": "t"})),
        ("Publish", "sns:publish", json!({"TopicArn.$": "$.Topic.TopicArn", "Message": {"a": 1}})),
        (
            "Table",
            "aws-sdk:dynamodb:createTable",
            json!({"TableName": "t", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": id,
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}),
        ),
        (
            "Put",
            "dynamodb:putItem",
            json!({"TableName": "t", "Item": {"id": {"S": "1"}, "n": {"N": "5"}}}),
        ),
        (
            "Update",
            "dynamodb:updateItem",
            json!({"TableName": "t", "Key": key, "UpdateExpression": "SET n = n + :one",
                "ExpressionAttributeValues": {":one": {"N": "1"}}}),
        ),
        ("Get", "dynamodb:getItem", json!({"TableName": "t", "Key": key})),
        ("GetSdk", "aws-sdk:dynamodb:getItem", json!({"TableName": "t", "Key": key})),
        ("Delete", "dynamodb:deleteItem", json!({"TableName": "t", "Key": key})),
        (
            "Events",
            "events:putEvents",
            json!({"Entries": [{"Detail": {"a": 1}, "DetailType": "d", "Source": "s"}]}),
        ),
        ("Bucket", "aws-sdk:s3:createBucket", json!({"Bucket": "bucket"})),
        (
            "PutObject",
            "aws-sdk:s3:putObject",
            json!({"Bucket": "bucket", "Key": "k", "Body": {"x": 1}}),
        ),
        ("GetObject", "aws-sdk:s3:getObject", json!({"Bucket": "bucket", "Key": "k"})),
        ("List", "aws-sdk:s3:listObjectsV2", json!({"Bucket": "bucket"})),
        ("Machines", "aws-sdk:sfn:listStateMachines", json!({})),
    ]);
    let members = |state: &str| -> Vec<String> {
        output[state].as_object().unwrap().keys().cloned().collect()
    };
    let metadata = ["SdkHttpMetadata", "SdkResponseMetadata"];
    assert_eq!(members("Send"), [&["MD5OfMessageBody", "MessageId"], &metadata[..]].concat());
    assert_eq!(output["Send"]["SdkHttpMetadata"]["HttpStatusCode"], 200);
    let length = &output["Send"]["SdkHttpMetadata"]["AllHttpHeaders"]["Content-Length"];
    assert!(length[0].is_string(), "{length}");
    assert_eq!(output["Receive"]["Messages"][0]["Body"], r#"{"a":[1,"ü"]}"#);
    assert_eq!(members("Publish"), [&["MessageId"], &metadata[..]].concat());
    let created = output["Table"]["TableDescription"]["CreationDateTime"].as_str().unwrap();
    assert!(created.ends_with('Z') && created.contains('T'), "{created}");
    let item = json!({"id": {"S": "1"}, "n": {"N": "6"}});
    assert_eq!((&output["Get"]["Item"], members("Get").len()), (&item, 3));
    assert_eq!(output["GetSdk"], json!({"Item": item}));
    assert_eq!(members("Delete"), metadata);
    assert_eq!(members("Events"), ["Entries", "FailedEntryCount"]);
    assert_eq!(output["GetObject"]["Body"], r#"{"x":1}"#);
    assert_eq!(output["List"]["Contents"][0]["Key"], "k");
    assert_eq!(output["Machines"], json!({"StateMachines": []}));
}

#[test]
fn errors_have_the_names_and_words_of_aws() {
    let Some(moto) = Moto::start() else { return };
    let check = |tasks: &[(&str, &str, Value)], error: &str, cause: &str| {
        assert_eq!(moto.failure(tasks), (error.to_owned(), cause.to_owned()), "{tasks:?}");
    };
    let url = format!("{}/123456789012/none", moto.url);
    let message = json!({"QueueUrl": url, "MessageBody": "x"});
    check(
        &[("A", "sqs:sendMessage", message.clone())],
        "SQS.QueueDoesNotExistException",
        "The specified queue does not exist. (Service: AmazonSQS; Status Code: 400; Error Code: \
         AWS.SimpleQueueService.NonExistentQueue; Request ID: REQUEST; Proxy: null)",
    );
    check(
        &[("A", "aws-sdk:sqs:sendMessage", message)],
        "Sqs.QueueDoesNotExistException",
        "The specified queue does not exist. (Service: Sqs, Status Code: 400, Request ID: REQUEST)",
    );
    check(
        &[("A", "aws-sdk:s3:getObject", json!({"Bucket": "none", "Key": "k"}))],
        "S3.NoSuchBucketException",
        "The specified bucket does not exist (Service: S3, Status Code: 404, Request ID: REQUEST)",
    );
    check(
        &[("A", "dynamodb:getItem", json!({"TableName": "none", "Key": {"id": {"S": "1"}}}))],
        "DynamoDB.ResourceNotFoundException",
        "Requested resource not found (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: \
         ResourceNotFoundException; Request ID: REQUEST; Proxy: null)",
    );
    check(
        &[(
            "A",
            "events:putEvents",
            json!({"Entries": [{"Detail": "x", "DetailType": "d", "Source": "s"}]}),
        )],
        "EventBridge.FailedEntry",
        r#"{"Entries":[{"ErrorCode":"MalformedDetail","ErrorMessage":"Detail is malformed."}],"FailedEntryCount":1}"#,
    );
    check(
        &[("A", "sns:publish", json!({"TopicArn": "arn:x", "Text": "y"}))],
        "States.Runtime",
        r#"The Parameters '{"TopicArn":"arn:x","Text":"y"}' could not be used to start the Task: [The field "Text" is not supported by Step Functions]"#,
    );
    check(
        &[(
            "A",
            "http:invoke",
            json!({"ApiEndpoint": format!("{}/moto-api/none", moto.url), "Method": "GET"}),
        )],
        "States.Http.StatusCode.404",
        "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The requested \
         URL was not found on the server. If you entered the URL manually please check your spelling and try \
         again.</p>\n",
    );
    let found = moto.run(&[("Train", "glue:startJobRun.sync", json!({"JobName": "j"}))]);
    assert!(found.stderr.contains("the state 'Train' waits for a job of glue"), "{}", found.stderr);
    assert!(found.stdout.contains("needs a mock: run with --mock"), "{}", found.stdout);
}

#[test]
fn nothing_is_called_where_nobody_has_said_where() {
    let Some(moto) = Moto::start() else { return };
    let python = format!("--python {}", moto.python.display());
    let send = [("A", "sqs:sendMessage", json!({"QueueUrl": "u", "MessageBody": "x"}))];
    let found = run(&send, &[("HOME", "/nonexistent")], &python);
    assert_eq!(found.json()["error"], "SQS.SdkClientException", "{}", found.stderr);
    let cause = found.json()["cause"].as_str().unwrap().to_owned();
    assert!(
        cause.starts_with("It is not known which SQS to call: set AWS_ENDPOINT_URL"),
        "{cause}"
    );
    // A mocked state needs nothing at all.
    let mocks = r#"{"StateMachines": {"flow": {"TestCases": {"c": {"A": "R"}}}},
        "MockedResponses": {"R": {"0": {"Return": {"MessageId": "1"}}}}}"#;
    let files = [("flow.asl.json", machine(&send)), ("mocks.json", mocks.to_owned())];
    let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
    let project = Project::new(&files);
    let found = project.run("--json --mock mocks.json --case c --input {}");
    assert_eq!(found.json()["output"], json!({"A": {"MessageId": "1"}}), "{}", found.stderr);
    assert!(!found.stderr.contains("services"), "{}", found.stderr);
}

#[test]
fn a_state_alone_calls_its_service() {
    let Some(moto) = Moto::start() else { return };
    let list = machine(&[("List", "aws-sdk:sqs:listQueues", json!({"QueueNamePrefix.$": "$.p"}))]);
    let project = Project::new(&[("flow.asl.json", &list)]);
    let mut command =
        project.faastlane("test-state flow.asl.json --state List --input {\"p\":\"x\"}");
    command.arg("--python").arg(&moto.python).env("AWS_ENDPOINT_URL", &moto.url);
    let found = Outcome::of(&mut command);
    let expected = json!({"output": {"p": "x", "List": {}}, "status": "SUCCEEDED"});
    assert_eq!((found.code, found.json()), (0, expected), "{}", found.stderr);
}

#[test]
fn http_is_called_without_boto3() {
    let Some(moto) = Moto::start() else { return };
    let url = format!("{}/moto-api/seed?a=2", moto.url);
    let get = json!({"ApiEndpoint": url.replace("seed?a=2", "data.json"), "Method": "GET",
        "QueryParameters": {"x": ["1", "2"]}, "Headers": {"Accept": "application/json"}});
    let found = run(&[("Get", "http:invoke", get)], &[], "");
    assert_eq!(found.code, 0, "{}", found.stderr);
    let output = found.json()["output"]["Get"].take();
    assert_eq!(output["StatusCode"], 200);
    assert_eq!(output["StatusText"], "OK");
    assert!(output["Headers"]["content-type"][0].is_string(), "{}", output["Headers"]);
    assert!(output["ResponseBody"].is_object());
}
