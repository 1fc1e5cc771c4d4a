//! ARNs that are read and refused.

use super::*;

const HERE: &str = "arn:aws:states:us-east-1:123456789012";

#[test]
fn arns_name_their_resource() {
    let check = |rest: &str, expected: Resource<'_>| {
        let text = format!("{HERE}:{rest}");
        let arn = Arn::parse(&text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(arn.resource, expected, "{rest}");
        assert_eq!(arn.place.to_string(), HERE);
    };
    let machine = |name, label, qualifier| Resource::StateMachine { name, label, qualifier };
    check("stateMachine:F", machine("F", None, None));
    check("stateMachine:F:3", machine("F", None, Some(Qualifier::Version(3))));
    check("stateMachine:F:PROD", machine("F", None, Some(Qualifier::Alias("PROD"))));
    check("stateMachine:F:3a", machine("F", None, Some(Qualifier::Alias("3a"))));
    check("stateMachine:F/Each", machine("F", Some("Each"), None));
    check("execution:F:e", Resource::Execution { machine: "F", name: "e" });
    check("execution:F/Each:e", Resource::Execution { machine: "F/Each", name: "e" });
    check("express:F:e:u", Resource::Express { machine: "F", name: "e", id: "u" });
    check("mapRun:F/Each:u", Resource::MapRun { machine: "F/Each", id: "u" });
    check("activity:a", Resource::Activity { name: "a" });
}

#[test]
fn what_is_no_arn_is_refused() {
    let check = |text: &str| {
        assert_eq!(Arn::parse(text), Err(Error::invalid_arn(text)), "{text}");
    };
    check("arn:aws:states");
    check("arn:aws:lambda:us-east-1:123456789012:function:f");
    check("arn:aws:states:us-east-1:1234:stateMachine:F");
    check("arn:other:states:us-east-1:123456789012:stateMachine:F");
    check("arn:aws:states::123456789012:stateMachine:F");
    for rest in [
        "",
        "stateMachine:",
        "stateMachine:F:",
        "stateMachine:F:0",
        "stateMachine:F:1:2",
        "stateMachine:F:a b",
        "stateMachine:F/",
        "stateMachine:a b",
        "execution:F",
        "execution:F:",
        "execution:F:e:u",
        "express:F:e",
        "mapRun:F:u",
        "activity:",
        "activity:a:b",
        "thing:a",
        "stateMachine:F/L/M",
        "execution:F/L/M:e",
        "stateMachine:../../etc/passwd",
    ] {
        check(&format!("{HERE}:{rest}"));
    }
    let wrong = Arn::parse("F").map_err(|error| error.message);
    assert_eq!(wrong, Err("Invalid Arn: 'Invalid ARN prefix: F'".to_owned()));
}

#[test]
fn an_operation_takes_arns_of_its_resource() {
    let message = |found: Result<Arn<'_>, Error>| found.map(|_| ()).map_err(|error| error.message);
    let not_here =
        |kind: &str| Err(format!("Invalid Arn: 'Resource type not valid in this context: {kind}'"));
    let arn = |rest: &str| format!("{HERE}:{rest}");
    assert_eq!(message(Arn::execution(&arn("express:F:e:u"))), not_here("express"));
    assert_eq!(message(Arn::execution(&arn("execution:F:e"))), Ok(()));
    assert_eq!(message(Arn::machine(&arn("activity:a"))), not_here("activity"));
    assert_eq!(message(Arn::activity(&arn("stateMachine:F"))), not_here("stateMachine"));
    assert_eq!(message(Arn::map_run(&arn("execution:F:e"))), not_here("execution"));
    let labeled = arn("stateMachine:F/Each");
    assert_eq!(Arn::machine(&labeled).map_err(|error| error.code), Err("ValidationException"));
    let version = arn("stateMachine:F:3");
    assert_eq!(
        Arn::machine(&version).map(|arn| arn.unqualified().to_owned()),
        Ok(arn("stateMachine:F"))
    );
}
