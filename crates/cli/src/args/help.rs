//! What stands below the options in the help of each command.

pub(super) const TEST: &str = "\
Examples:
  faastlane test examples/sentiment
  faastlane test . --filter refund --junit report.xml
  faastlane test . --update

Exit codes:
  0 all tests passed   1 a test failed   2 a test or the project cannot be used
  70 internal error   130 interrupted";

pub(super) const TEST_STATE: &str = "\
Examples:
  faastlane test-state examples/finra --state Summary --input state-input.json --inspection-level debug
  faastlane test-state . --state Pay --mock-error CardDeclined --retrier-retry-count 2
  faastlane test-state . --state Notify --mock-result '{\"MessageId\": \"1\"}'
  faastlane test-state --request request.json --json

Exit codes:
  0 the state succeeded, or its error is caught   1 it failed, or would be tried again
  2 the request is refused, or the project cannot be used   70 internal error   130 interrupted";

pub(super) const VALIDATE: &str = "\
Examples:
  faastlane validate .
  faastlane validate flow.asl.json --functions src

Exit codes:
  0 valid, perhaps with warnings   2 there is an error, or the project cannot be read";

pub(super) const PLAN: &str = "\
Examples:
  faastlane plan examples/finra --explain
  faastlane plan . --width 1000 --vcpus 8
  faastlane plan . --svg > plan.svg

Exit codes:
  0 there is a plan   2 the project cannot be used";

pub(super) const PROFILE: &str = "\
Examples:
  faastlane profile
  faastlane profile --refresh --json

Exit codes:
  0 it was measured   2 there is no Python   70 something that is measured failed";

pub(super) const BENCH: &str = "\
Examples:
  faastlane bench
  faastlane bench examples/finra examples/sentiment
  faastlane bench --filter chain --quick
  faastlane bench compare before/results.json after/results.json

Exit codes:
  0 it was measured   2 a project cannot be used   70 internal error   130 interrupted";

pub(super) const INSPECT: &str = "\
Examples:
  faastlane inspect /lib/x86_64-linux-gnu/libc.so.6
  faastlane inspect .venv/lib --json

Exit codes, as grep has them:
  0 something was found   1 nothing was found   2 a file cannot be read";

pub(super) const DOCTOR: &str = "\
Examples:
  faastlane doctor
  faastlane doctor examples/finra
  faastlane doctor . --event Pay=events/pay.json --event 'Greet={\"name\": \"Ada\"}'

Exit codes:
  0 all is well   1 a function cannot be loaded, or failed with its event   2 the project cannot be used";

pub(super) const EXECUTIONS: &str = "\
Examples:
  faastlane executions list --status failed
  faastlane executions show Orders:run-1
  faastlane executions stop run-1 --error Cancelled
  faastlane executions redrive run-1

Exit codes:
  0 done   2 there is no such execution, or the server refuses   70 no server answers";

pub(super) const HISTORY: &str = "\
Examples:
  faastlane history run-1
  faastlane history --follow
  faastlane history Orders:run-1 --json

Exit codes:
  0 shown; with --follow: succeeded   1 with --follow: failed or timed out
  2 there is no such execution, or the server refuses   70 no server answers   130 with --follow: aborted";

pub(super) const LOGS: &str = "\
Examples:
  faastlane logs --follow
  faastlane logs pay -n 20

Exit codes:
  0 shown   70 no server answers";

pub(super) const COMPLETIONS: &str = "\
Example:
  faastlane completions bash > ~/.local/share/bash-completion/completions/faastlane";

pub(super) const RUN: &str = "\
Examples:
  faastlane run examples/finra
  faastlane run template.yaml --machine Orders --input '{\"id\": 7}'
  faastlane run flow.asl.json --functions src --input event.json --history history.json
  faastlane run . --mock MockConfigFile.json --case PaymentFails --wait-scale 0
  faastlane run . --watch
  faastlane run . --repeat 1000 --concurrency 8

Exit codes:
  0 succeeded   1 failed or timed out   2 wrong usage or invalid definition
  70 internal error   130 interrupted";

pub(super) const SERVE: &str = "\
Examples:
  faastlane serve examples/finra
  faastlane serve . --watch --store :memory:
  AWS_ENDPOINT_URL_SFN=http://127.0.0.1:8083 aws stepfunctions list-state-machines

Exit codes:
  0 ended by Ctrl-C or SIGTERM   2 a project or an argument cannot be used   70 internal error";
