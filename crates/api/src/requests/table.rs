//! The members of all requests.

use super::shape::{
    Member, Pattern, Shape, like, one_of, optional, payload, required, secret, text,
};
use crate::arn::is_alias_name;

const ARN: Shape = text(1, 256);
const LONG_ARN: Shape = text(1, 2000);
const NAME: Shape = text(1, 80);
const BOOL: Shape = Shape::Bool;
const DEFINITION: Shape = secret(1, 1_048_576);
const DESCRIPTION: Shape = secret(0, 256);
const DATA: Shape = payload(262_144);
const ERROR: Shape = secret(0, 256);
const CAUSE: Shape = secret(0, 32_768);
const TASK_TOKEN: Shape = secret(1, 2048);
const PAGE_TOKEN: Shape = text(1, 1024);
const PAGE_SIZE: Shape = Shape::Integer(0, 1000);
const COUNT: Shape = Shape::Integer(0, i64::MAX);
const MACHINE_TYPE: Shape = one_of(&["STANDARD", "EXPRESS"]);
const INCLUDED: Shape = one_of(&["ALL_DATA", "METADATA_ONLY"]);
/// In the order in which AWS's message has them.
const STATUS: Shape =
    one_of(&["SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING"]);

const ALIAS_NAME: Shape =
    like(1, 80, Pattern { text: r"^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$", fits: is_alias_name });
const TRACE_HEADER: Shape = like(0, 256, Pattern { text: r"\p{ASCII}*", fits: str::is_ascii });
const CLIENT_TOKEN: Shape = like(
    1,
    64,
    Pattern { text: "[!-~]+", fits: |text| text.bytes().all(|byte| byte.is_ascii_graphic()) },
);

const TAG_KEY: Shape = text(1, 128);
const TAGS: Shape = Shape::List(
    &Shape::Structure("Tag", &[optional("key", TAG_KEY), optional("value", text(0, 256))]),
    0,
    usize::MAX,
);

const LOGGING: Shape = Shape::Structure(
    "LoggingConfiguration",
    &[
        optional("level", one_of(&["ALL", "ERROR", "FATAL", "OFF"])),
        optional("includeExecutionData", BOOL),
        optional("destinations", Shape::List(&LOG_DESTINATION, 0, usize::MAX)),
    ],
);
const LOG_DESTINATION: Shape =
    Shape::Structure("LogDestination", &[optional("cloudWatchLogsLogGroup", LOG_GROUP)]);
const LOG_GROUP: Shape =
    Shape::Structure("CloudWatchLogsLogGroup", &[optional("logGroupArn", ARN)]);
const TRACING: Shape = Shape::Structure("TracingConfiguration", &[optional("enabled", BOOL)]);
const ENCRYPTION: Shape = Shape::Structure(
    "EncryptionConfiguration",
    &[
        optional("kmsKeyId", text(1, 2048)),
        optional("kmsDataKeyReusePeriodSeconds", Shape::Integer(60, 900)),
        required("type", one_of(&["AWS_OWNED_KEY", "CUSTOMER_MANAGED_KMS_KEY"])),
    ],
);
const ROUTING: Shape = Shape::List(
    &Shape::Structure(
        "RoutingConfigurationListItem",
        &[required("stateMachineVersionArn", ARN), required("weight", Shape::Integer(0, 100))],
    ),
    1,
    2,
);

const MOCK: Shape = Shape::Structure(
    "MockInput",
    &[
        optional("result", DATA),
        optional(
            "errorOutput",
            Shape::Structure(
                "MockErrorOutput",
                &[optional("error", ERROR), optional("cause", CAUSE)],
            ),
        ),
        optional("fieldValidationMode", one_of(&["STRICT", "PRESENT", "NONE"])),
    ],
);
const STATE_NAME: Shape = secret(1, 80);
const STATE_CONFIGURATION: Shape = Shape::Structure(
    "TestStateConfiguration",
    &[
        optional("retrierRetryCount", COUNT),
        optional("errorCausedByState", STATE_NAME),
        optional("mapIterationFailureCount", COUNT),
        optional("mapItemReaderData", DATA),
    ],
);

const MACHINE: Member = required("stateMachineArn", ARN);
const EXECUTION: Member = required("executionArn", ARN);
const ACTIVITY: Member = required("activityArn", ARN);
const ALIAS: Member = required("stateMachineAliasArn", ARN);
const MAP_RUN: Member = required("mapRunArn", LONG_ARN);
const INCLUDED_DATA: Member = optional("includedData", INCLUDED);
const MAX_RESULTS: Member = optional("maxResults", PAGE_SIZE);
const NEXT_TOKEN: Member = optional("nextToken", PAGE_TOKEN);

/// Every operation and the members of its request: facts of the service's model, API version
/// 2016-11-23.
pub(super) const OPERATIONS: [(&str, &[Member]); 37] = [
    (
        "CreateActivity",
        &[
            required("name", NAME),
            optional("tags", TAGS),
            optional("encryptionConfiguration", ENCRYPTION),
        ],
    ),
    (
        "CreateStateMachine",
        &[
            required("name", NAME),
            required("definition", DEFINITION),
            required("roleArn", ARN),
            optional("type", MACHINE_TYPE),
            optional("loggingConfiguration", LOGGING),
            optional("tags", TAGS),
            optional("tracingConfiguration", TRACING),
            optional("publish", BOOL),
            optional("versionDescription", DESCRIPTION),
            optional("encryptionConfiguration", ENCRYPTION),
        ],
    ),
    (
        "CreateStateMachineAlias",
        &[
            optional("description", DESCRIPTION),
            required("name", ALIAS_NAME),
            required("routingConfiguration", ROUTING),
        ],
    ),
    ("DeleteActivity", &[ACTIVITY]),
    ("DeleteStateMachine", &[MACHINE]),
    ("DeleteStateMachineAlias", &[ALIAS]),
    ("DeleteStateMachineVersion", &[required("stateMachineVersionArn", LONG_ARN)]),
    ("DescribeActivity", &[ACTIVITY]),
    ("DescribeExecution", &[EXECUTION, INCLUDED_DATA]),
    ("DescribeMapRun", &[MAP_RUN]),
    ("DescribeStateMachine", &[MACHINE, INCLUDED_DATA]),
    ("DescribeStateMachineAlias", &[ALIAS]),
    ("DescribeStateMachineForExecution", &[EXECUTION, INCLUDED_DATA]),
    ("GetActivityTask", &[ACTIVITY, optional("workerName", NAME)]),
    (
        "GetExecutionHistory",
        &[
            EXECUTION,
            MAX_RESULTS,
            optional("reverseOrder", BOOL),
            NEXT_TOKEN,
            optional("includeExecutionData", BOOL),
        ],
    ),
    ("ListActivities", &[MAX_RESULTS, NEXT_TOKEN]),
    (
        "ListExecutions",
        &[
            optional("stateMachineArn", ARN),
            optional("statusFilter", STATUS),
            MAX_RESULTS,
            optional("nextToken", text(1, 3096)),
            optional("mapRunArn", LONG_ARN),
            optional("redriveFilter", one_of(&["REDRIVEN", "NOT_REDRIVEN"])),
        ],
    ),
    ("ListMapRuns", &[EXECUTION, MAX_RESULTS, NEXT_TOKEN]),
    ("ListStateMachineAliases", &[MACHINE, NEXT_TOKEN, MAX_RESULTS]),
    ("ListStateMachineVersions", &[MACHINE, NEXT_TOKEN, MAX_RESULTS]),
    ("ListStateMachines", &[MAX_RESULTS, NEXT_TOKEN]),
    ("ListTagsForResource", &[required("resourceArn", ARN)]),
    (
        "PublishStateMachineVersion",
        &[
            MACHINE,
            optional("revisionId", text(0, usize::MAX)),
            optional("description", DESCRIPTION),
        ],
    ),
    ("RedriveExecution", &[EXECUTION, optional("clientToken", CLIENT_TOKEN)]),
    (
        "SendTaskFailure",
        &[required("taskToken", TASK_TOKEN), optional("error", ERROR), optional("cause", CAUSE)],
    ),
    ("SendTaskHeartbeat", &[required("taskToken", TASK_TOKEN)]),
    ("SendTaskSuccess", &[required("taskToken", TASK_TOKEN), required("output", DATA)]),
    (
        "StartExecution",
        &[
            MACHINE,
            optional("name", NAME),
            optional("input", DATA),
            optional("traceHeader", TRACE_HEADER),
        ],
    ),
    (
        "StartSyncExecution",
        &[
            MACHINE,
            optional("name", NAME),
            optional("input", DATA),
            optional("traceHeader", TRACE_HEADER),
            INCLUDED_DATA,
        ],
    ),
    ("StopExecution", &[EXECUTION, optional("error", ERROR), optional("cause", CAUSE)]),
    ("TagResource", &[required("resourceArn", ARN), required("tags", TAGS)]),
    (
        "TestState",
        &[
            required("definition", DEFINITION),
            optional("roleArn", ARN),
            optional("input", DATA),
            optional("inspectionLevel", one_of(&["INFO", "DEBUG", "TRACE"])),
            optional("revealSecrets", BOOL),
            optional("variables", DATA),
            optional("stateName", STATE_NAME),
            optional("mock", MOCK),
            optional("context", DATA),
            optional("stateConfiguration", STATE_CONFIGURATION),
        ],
    ),
    (
        "UntagResource",
        &[required("resourceArn", ARN), required("tagKeys", Shape::List(&TAG_KEY, 0, usize::MAX))],
    ),
    (
        "UpdateMapRun",
        &[
            MAP_RUN,
            optional("maxConcurrency", COUNT),
            optional("toleratedFailurePercentage", Shape::Number(0, 100)),
            optional("toleratedFailureCount", COUNT),
        ],
    ),
    (
        "UpdateStateMachine",
        &[
            MACHINE,
            optional("definition", DEFINITION),
            optional("roleArn", ARN),
            optional("loggingConfiguration", LOGGING),
            optional("tracingConfiguration", TRACING),
            optional("publish", BOOL),
            optional("versionDescription", DESCRIPTION),
            optional("encryptionConfiguration", ENCRYPTION),
        ],
    ),
    (
        "UpdateStateMachineAlias",
        &[ALIAS, optional("description", DESCRIPTION), optional("routingConfiguration", ROUTING)],
    ),
    (
        "ValidateStateMachineDefinition",
        &[
            required("definition", DEFINITION),
            optional("type", MACHINE_TYPE),
            optional("severity", one_of(&["ERROR", "WARNING"])),
            optional("maxResults", Shape::Integer(0, 100)),
        ],
    ),
];
