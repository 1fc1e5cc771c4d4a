//! Each intrinsic function, seen through an inline definition.

use crate::{Folder, definition, parameters};

const BEFORE: &str = r#"
Parameters:
  Stage: {Type: String, Default: test}
  Count: {Type: Number, Default: 5}
  Zones: {Type: CommaDelimitedList, Default: "a, b,c"}
  Secret: {Type: "AWS::SSM::Parameter::Value<String>", Default: /key}
  Given: {Type: String}
Mappings:
  Sizes:
    test: {Memory: 128, Names: [x, y]}
Conditions:
  IsTest: !Equals [!Ref Stage, test]
  IsFive: !Equals [!Ref Count, 5]
  IsOther: !Not [!Condition IsTest]
  Both: !And [!Condition IsTest, !Condition IsFive]
  Either: !Or [!Condition IsOther, !Condition IsFive]
Resources:
  Check:
    Type: AWS::Serverless::Function
    Properties: {InlineCode: x, Handler: index.handler, FunctionName: !Sub "${Stage}-check", AutoPublishAlias: live}
  Plain:
    Type: AWS::Lambda::Function
    Properties: {Code: {ZipFile: x}, Handler: index.handler}
  Queue: {Type: AWS::SQS::Queue}
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: news}}
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: b}}
  Table: {Type: AWS::DynamoDB::Table}
  Alias: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref Plain, Name: prod}}
  Version: {Type: AWS::Lambda::Version, Properties: {FunctionName: !GetAtt Plain.Arn}}
  Odd: {Type: AWS::Odd::Thing}
  Other:
    Type: AWS::StepFunctions::StateMachine
    Condition: IsOther
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition:
        X: "#;

/// Checks the JSON that `expression` evaluates to.
fn check(expression: &str, expected: &str) {
    let folder = Folder::new(&[("template.yaml", &format!("{BEFORE}{expression}\n"))]);
    let options = parameters(&[("Given", "g")]);
    let shown = match folder.load(&options) {
        Ok(project) => definition(&project),
        Err(error) => folder.message(&error),
    };
    assert_eq!(shown, expected, "for {expression}");
}

/// Checks the text that `expression` evaluates to.
fn check_text(expression: &str, expected: &str) {
    check(expression, &format!(r#"{{"X":"{expected}"}}"#));
}

#[test]
fn parameters_and_pseudo_parameters() {
    check_text("!Ref Stage", "test");
    check_text("!Ref Given", "g");
    check_text("{Ref: Count}", "5");
    check_text("!Ref Secret", "/key");
    check("!Ref Zones", r#"{"X":["a","b","c"]}"#);
    check_text("!Ref AWS::Region", "us-east-1");
    check_text("!Ref AWS::AccountId", "123456789012");
    check_text("!Ref AWS::Partition", "aws");
    check_text("!Ref AWS::URLSuffix", "amazonaws.com");
    check("!Ref AWS::NoValue", "{}");
    check("[1, !Ref AWS::NoValue, 2]", r#"{"X":[1,2]}"#);
}

#[test]
fn references_to_resources() {
    check_text("!Ref Check", "test-check");
    check_text("!GetAtt Check.Arn", "arn:aws:lambda:us-east-1:123456789012:function:test-check");
    check_text(
        "!Ref Check.Alias",
        "arn:aws:lambda:us-east-1:123456789012:function:test-check:live",
    );
    check_text("!Ref Check.Version", "arn:aws:lambda:us-east-1:123456789012:function:test-check:1");
    check_text("!Ref Plain", "Plain");
    check_text("!Ref Alias", "arn:aws:lambda:us-east-1:123456789012:function:Plain:prod");
    check_text("!Ref Version", "arn:aws:lambda:us-east-1:123456789012:function:Plain:1");
    check_text("!Ref Machine", "arn:aws:states:us-east-1:123456789012:stateMachine:Machine");
    check_text("!GetAtt Machine.Name", "Machine");
    check_text("!Ref Queue", "https://sqs.us-east-1.amazonaws.com/123456789012/Queue");
    check_text("!GetAtt Queue.Arn", "arn:aws:sqs:us-east-1:123456789012:Queue");
    check_text("!Ref Topic", "arn:aws:sns:us-east-1:123456789012:news");
    check_text("!GetAtt Topic.TopicName", "news");
    check_text("!GetAtt Bucket.Arn", "arn:aws:s3:::b");
    check_text("!Ref Table", "Table");
    check_text("!GetAtt [Table, Arn]", "arn:aws:dynamodb:us-east-1:123456789012:table/Table");
    check_text("!Ref Odd", "Odd");
    check_text("!GetAtt Odd.Arn", "arn:aws:odd:us-east-1:123456789012:Odd");
    check_text("!GetAtt Odd.Size", "Odd.Size");
    check_text("!GetAtt CheckRole.Arn", "arn:aws:iam::123456789012:role/CheckRole");
}

#[test]
fn texts() {
    check_text("!Sub '${Stage}-${Check}'", "test-test-check");
    check_text(
        "!Sub '${Check.Arn}:$LATEST'",
        "arn:aws:lambda:us-east-1:123456789012:function:test-check:$LATEST",
    );
    check_text("!Sub 'a${!Stage}'", "a${Stage}");
    check_text("!Sub ['${a}/${Stage}', {a: !Ref Given}]", "g/test");
    check_text("!Sub '${Zones}'", "a,b,c");
    check_text("!Join ['-', [!Ref Stage, 1, true]]", "test-1-true");
    check_text("!Join [',', !Ref Zones]", "a,b,c");
    check_text("!Select [1, !Split ['/', 'a/b/c']]", "b");
    check_text("!Select ['0', !Ref Zones]", "a");
    check("!Split [',', 'a,b']", r#"{"X":["a","b"]}"#);
    check_text("!Base64 'any carnal pleas'", "YW55IGNhcm5hbCBwbGVhcw==");
    check_text("{'Fn::Base64': !Sub '${Stage}!'}", "dGVzdCE=");
    check_text("!ImportValue {'Fn::Sub': '${Stage}-export'}", "test-export");
    check_text("{'Fn::ToJsonString': {a: !Ref Stage}}", r#"{\"a\":\"test\"}"#);
    check_text("{'Fn::Length': !Ref Zones}", "3");
    check("!GetAZs ''", r#"{"X":["us-east-1a","us-east-1b","us-east-1c"]}"#);
}

#[test]
fn mappings_and_conditions() {
    check("!FindInMap [Sizes, !Ref Stage, Memory]", r#"{"X":128}"#);
    check("!FindInMap [Sizes, test, Names]", r#"{"X":["x","y"]}"#);
    check_text("!FindInMap [Sizes, prod, Memory, {DefaultValue: none}]", "none");
    check("!If [IsTest, 1, 2]", r#"{"X":1}"#);
    check("!If [IsOther, 1, 2]", r#"{"X":2}"#);
    check("!If [Both, 1, 2]", r#"{"X":1}"#);
    check("!If [Either, 1, !Ref AWS::NoValue]", r#"{"X":1}"#);
    check("!If [IsOther, 1, !Ref AWS::NoValue]", "{}");
}

#[test]
fn mistakes() {
    check("!Select [3, [a]]", "P/template.yaml:38:21: there is no item 3 in a list of 1");
    check("!Join [a]", "P/template.yaml:38:12: Fn::Join takes [separator, list], not 1 items");
    check("!Join [a, b]", "P/template.yaml:38:22: a list is wanted here");
    check(
        "!FindInMap [Sizes, prod, Memory]",
        "P/template.yaml:38:12: Mappings has no Sizes → prod → Memory",
    );
    check("!If [Nope, 1, 2]", "P/template.yaml:38:17: the template has no condition `Nope`");
    check("!Sub [a]", "P/template.yaml:38:12: Fn::Sub takes [text, {name: value}], not 1 items");
    check(
        "{'Fn::Sub': a, b: 1}",
        "P/template.yaml:38:13: `Fn::Sub` must be the only key of its object",
    );
    check("!Split ['', a]", "P/template.yaml:38:12: Fn::Split needs a separator that is not empty");
    check("!Join ['', [{a: 1}]]", "P/template.yaml:38:24: text is wanted here, not object");
    check(
        "!Transform {Name: MyMacro}",
        "P/template.yaml:38:12: the macro `MyMacro` runs only on AWS; write out what it makes",
    );
}

#[test]
fn an_included_file() {
    let template = format!(
        "{BEFORE}\n          Fn::Transform: {{Name: AWS::Include, Parameters: {{Location: part.yaml}}}}\n"
    );
    let folder = Folder::new(&[("template.yaml", &template), ("part.yaml", "a: !Ref Stage")]);
    let project = folder.load(&parameters(&[("Given", "g")])).unwrap();
    assert_eq!(definition(&project), r#"{"X":{"a":"test"}}"#);
}
