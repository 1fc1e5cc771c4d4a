//! What handlers print and log, and what they find around them.

use crate::case::Case;
use crate::check;

#[test]
fn prints() {
    let bodies = [
        "print('a'); print('b', file=sys.stderr); os.write(1, b'c\\n'); print('d')",
        "print('no newline', end='')",
        "print('é\u{1F600}')",
        "print()",
        "print('a', 'b', sep='-', end='!\\n', flush=True)",
        "sys.stdout.write('x'); sys.stdout.writelines(['y', 'z\\n'])",
        "print('two\\nlines')",
        "context.log('logged'); context.log(1)",
        "warnings.simplefilter('always'); sys.stderr.write('w\\n')",
        "os.system('echo from a child')",
        "return sys.stdout.write('x\\n')",
        "return [sys.stdout.isatty(), sys.stdout.encoding, sys.stdin.read()]",
        "with sys.stdout: print('in with')",
    ];
    check(bodies.into_iter().map(Case::body).collect());
}

#[test]
fn logging_as_it_is_found() {
    let bodies = [
        "logging.info('hidden'); logging.warning('shown %d', 1); logging.error('é')",
        "logging.getLogger().setLevel(logging.INFO); logging.info('now shown')",
        "logging.getLogger('a.b').warning('named'); logging.getLogger('a').debug('no')",
        "logging.basicConfig(level=logging.DEBUG, format='ignored'); logging.debug('hidden')",
        "logging.basicConfig(level=logging.DEBUG, format='%(name)s own', force=True); logging.debug('x')",
        "try: 1 / 0\nexcept Exception: logging.exception('with a trace')",
        "logging.critical('two\\nlines'); logging.warning('tab\\there')",
        "logging.getLogger().handlers[0].setFormatter(logging.Formatter('%(levelname)s %(message)s'))\nlogging.error('x')",
        "logging.warning('with %(aws_request_id)s', {'aws_request_id': 'own'})",
        "logging.getLogger().handlers[0].setFormatter(logging.Formatter('%(aws_request_id)s %(tenant_id)s\\n'))\nlogging.error('x')",
        "h = logging.StreamHandler(); logging.getLogger('x').addHandler(h); logging.getLogger('x').error('twice')",
        "root = logging.getLogger(); return [root.level, [type(h).__name__ for h in root.handlers]]",
    ];
    let mut cases: Vec<_> = bodies.into_iter().map(Case::body).collect();
    cases.push(Case::code(
        "import logging\nlogging.warning('at load')\nlogger = logging.getLogger()\nlogger.setLevel('INFO')\n\
         def handler(event, context): logger.info('event %s', event)\n",
    ).events(&["1", "2"]));
    for level in ["DEBUG", "INFO", "TRACE", "ERROR", "nonsense"] {
        let body =
            "logging.debug('d'); logging.info('i'); logging.warning('w'); logging.error('e')";
        cases.push(Case::body(body).variable("AWS_LAMBDA_LOG_LEVEL", level));
    }
    check(cases);
}

#[test]
fn errors_in_the_log() {
    let bodies = [
        "print('before'); raise ValueError('two\\nlines')",
        "print('no newline', end=''); raise ValueError",
        "raise Exception('é')",
        "sys.stderr.write('err'); return {1}",
    ];
    check(bodies.into_iter().map(Case::body).collect());
}

#[test]
fn what_is_around() {
    let expressions = [
        "context.aws_request_id",
        "[context.function_name, context.function_version, context.memory_limit_in_mb]",
        "[context.invoked_function_arn, context.log_group_name]",
        "[context.client_context, context.tenant_id, context.w3c()]",
        "repr(context.identity)",
        "[type(context).__name__, sorted(name for name in dir(context) if name[0] != '_')]",
        "type(context.get_remaining_time_in_millis()).__name__",
        "0 < context.get_remaining_time_in_millis() <= 60000",
        "os.environ.get('_X_AMZN_TRACE_ID')",
        "[os.getcwd() == os.path.dirname(__file__), sys.path[0] == os.getcwd()]",
        "[__name__, os.path.basename(__file__)]",
    ];
    let cases = expressions.map(|expression| Case::body(&format!("return {expression}")));
    check(cases.into());
}
