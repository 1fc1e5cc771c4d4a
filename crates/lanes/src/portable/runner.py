"""The program inside a lane: loads one handler and answers calls, as the Lambda runtime does.

In a portable lane it is the whole program: `main` reads calls from a socket. In the other lanes
calls are made by native code (the shim), which gets from `open_lane` what must not differ: how a
handler is loaded, what is not plain in a value, errors, logs, and the class of the context.

It needs nothing but the standard library of Python 3.8 or newer, and imports only modules
that Lambda's own runtime imports as well, so a handler finds the same `sys.modules`.

Behaviour follows `awslambdaric` 4 (the runtime client that AWS publishes); where a rule looks
odd, that is where it comes from. The frames of a portable lane (see `frame.rs`) travel over one
socket, which the handler's subprocesses never inherit.
"""

import sys

# `python -c` puts the working directory first, and that is the code root: a handler's own
# `json.py` must not replace the module which this program needs.
sys.path[:] = [entry for entry in sys.path if entry]

import importlib
import json
import linecache
import logging
import marshal
import os
import re
import struct
import time
import traceback

clock = time.perf_counter_ns  # The real one, whatever a handler makes of the module `time`.
OURS = "<faastlane "  # How this file, and that of the debugger, are called in tracebacks.

# Kinds of reply, see `frame.rs`.
READY, LOAD_FAILED, RETURNED, FAILED = 1, 2, 3, 4

REQUEST = struct.Struct("<QQIII4x")
REPLY = struct.Struct("<IIQQ")
SMALL = 65536

request_id = None  # Of the call that is running; log records carry it.


def main(channel, config):
    """A portable lane: loads the handler, says so, and answers calls until the other side closes."""
    protect(channel)
    let_the_kernel_end_this_first()
    encode, handler, error = prepare(config)
    if error is None:
        send(channel, READY, b"", b"", 0)
        serve(channel, handler, make_context_class(config["arn"])[0], encode)
    send(channel, LOAD_FAILED, *report(error, encode), 0)
    sys.exit(1)


def open_lane(config):
    """What native code needs to make calls, by name; without a handler only what it replies."""
    encode, handler, error = prepare(config)
    if error is not None:
        return {"failed": report(error, encode)}
    context_class, fields = make_context_class(config["arn"])
    return {
        "handler": handler,
        "context_class": context_class,
        "context_fields": fields,
        "identity_class": CognitoIdentity,
        "environ": os.environ,
        "environ_by_bytes": os.environ._data,
        "decode": make_decoder(),
        "marshal": lambda result: marshal_result(encode, result),
        "unmarshal_fault": unmarshal_fault,
        "describe": describe,
        "report": lambda error: report(error, encode),
        "begin_as_fork": lambda: begin_as_fork(fields),
    }


def prepare(config):
    """All that comes before the first call: (encode, handler, None), or (encode, None, why there is no handler)."""
    # Python 3.13 keeps the source of `python -c` and would show its lines for a handler's `exec`.
    linecache.clearcache()
    name_log_stream()
    set_up_logging()
    encode = make_encoder()
    try:
        set_search_path(config["code_root"], config["layers"])
        debugged = attach_debugger(config["debug"])
        return encode, debugged(load(config["module"], config["names"])), None
    except Exception as exception:
        return encode, None, describe(exception)


def serve(channel, handler, context_class, encode):
    global request_id
    decode = make_decoder()
    environ = os.environ
    by_bytes = environ._data  # Asking `environ` itself costs an exception each time there is no such variable.
    while True:
        frame = receive(channel)
        if frame is None:
            os._exit(0)
        deadline_ms, request_id, client_context, trace_id, payload = frame
        if trace_id:
            environ["_X_AMZN_TRACE_ID"] = trace_id
        elif b"_X_AMZN_TRACE_ID" in by_bytes:
            del environ["_X_AMZN_TRACE_ID"]
        error = None
        began = ended = 0
        try:
            context = context_class(request_id, client_context, deadline_ms)
            event = decode(payload)
            frame = payload = None  # Large events are held once, not twice.
            began = clock()
            result = handler(event, context)
            ended = clock()
            body = result if isinstance(result, bytes) else marshal_result(encode, result)
        except Exception as exception:
            if began and not ended:
                ended = clock()
            error = describe(exception, request_id)
        event = context = result = None
        if error is None:
            # Outside of the `try`: a lone surrogate in the text ends the process, as on Lambda.
            send(channel, RETURNED, b"", body if isinstance(body, bytes) else body.encode(), ended - began)
            body = None
        else:
            send(channel, FAILED, *report(error, encode), ended - began)


# Loading


class Fault(Exception):
    """A failure with a name that the Lambda runtime gives it."""

    def __init__(self, kind, message, trace=None):
        self.kind = kind
        self.message = message
        self.trace = trace


def load(module_name, names):
    """The handler as a function of (event, context)."""
    if module_name is None:
        try:
            module_name, name = names[0].rsplit(".", 1)
        except ValueError as error:
            raise Fault("Runtime.MalformedHandlerName", "Bad handler '{}': {}".format(names[0], error))
        names = [name]
    module = import_module(module_name)
    for name in names:
        if hasattr(module, name):
            os.environ["_HANDLER"] = "{}.{}".format(module_name, name)
            return with_two_arguments(getattr(module, name))
    missing = "' or '".join(names)
    raise Fault("Runtime.HandlerNotFound", "Handler '{}' missing on module '{}'".format(missing, module_name))


def set_search_path(code_root, layers):
    """First comes the code, then the packages of all layers, then the layers themselves."""
    packages = "lib/python{}.{}/site-packages".format(*sys.version_info)
    inner = [os.path.join(layer, packages) for layer in layers]
    first = [code_root] + [folder for folder in inner if os.path.isdir(folder)] + layers
    sys.path[:] = first + [entry for entry in sys.path if entry not in first]
    sys.argv[:] = ["/var/runtime/bootstrap.py"]
    # Lambda's code folder is read-only. Here a cache would also hide a change made within the same
    # second, which is all that Python looks at.
    sys.dont_write_bytecode = True


def attach_debugger(debug):
    """A function that makes a handler stop in a debugger, once one is attached; without `debug` it does nothing."""
    if debug is None:
        return lambda handler: handler
    debugger = {"__name__": "faastlane_debugger"}
    exec(compile(debug["source"], "<faastlane debugger>", "exec"), debugger)
    return debugger["attach"](debug["port"])


def import_module(name):
    if name.split(".")[0] in sys.builtin_module_names:
        message = "Cannot use built-in module {} as a handler module".format(name)
        raise Fault("Runtime.BuiltInModuleConflict", message)
    try:
        return importlib.import_module(name.replace("/", "."))
    except ImportError as error:
        raise Fault("Runtime.ImportModuleError", "Unable to import module '{}': {}".format(name, error))
    except SyntaxError as error:
        trace = ['  File "%s" Line %s\n    %s' % (error.filename, error.lineno, error.text)]
        raise Fault("Runtime.UserCodeSyntaxError", "Syntax error in module '{}': {}".format(name, error), trace)


def with_two_arguments(handler):
    """`handler`, or a wrapper around it if it takes the event alone, as `main(params)` of OpenWhisk does.

    Decided by the code object, which costs nothing (`inspect` takes milliseconds to import):
    exactly one positional parameter and no `*args`. A decorator that takes `*args` is looked through.
    """
    function, bound = handler, 0
    while True:
        if hasattr(function, "__func__"):
            function, bound = function.__func__, bound + 1
        code = getattr(function, "__code__", None)
        if code is None:
            return handler
        takes_any = code.co_flags & 0x04
        if not takes_any:
            break
        if not hasattr(function, "__wrapped__"):
            return handler
        function = function.__wrapped__
    if code.co_argcount - bound != 1:
        return handler
    return lambda event, context: handler(event)


def protect(channel):
    """Keeps what belongs to this program from the handler and its subprocesses."""
    os.set_inheritable(channel, False)
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) != channel:
            try:
                os.close(int(name))
            except OSError:
                pass  # The descriptor of the listing itself.
    os.register_at_fork(after_in_child=lambda: leave_to_parent(channel))


def leave_to_parent(channel):
    """In a fork of the handler: a copy of the channel must not hide that the lane has ended."""
    global receive, send
    os.close(channel)
    receive = send = lambda *_: os._exit(0)


# The process


def let_the_kernel_end_this_first():
    """When memory runs out, the kernel is to end a handler and not the program that runs it."""
    try:
        with open("/proc/self/oom_score_adj", "w") as score:
            score.write("1000")
    except OSError:
        pass


log_stream = None  # The name that this program has chosen.


def name_log_stream():
    """A name of its own for each process, unless the function has set one."""
    global log_stream
    if os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME") == log_stream:
        # A fork keeps the day of the process that it is a copy of: to ask for it would cost it many pages.
        day = log_stream[:10] if log_stream else time.strftime("%Y/%m/%d", time.gmtime())
        log_stream = "{}/[$LATEST]{}".format(day, os.urandom(16).hex())
        os.environ["AWS_LAMBDA_LOG_STREAM_NAME"] = log_stream


def begin_as_fork(context_fields):
    """In a process that was forked from one which had loaded the handler, every line of which makes the kernel copy pages."""
    name_log_stream()
    context_fields["log_stream_name"] = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")


# Frames


def receive(channel):
    """(deadline_ms, request id, client context, trace id, payload), or None at the end."""
    data = os.read(channel, SMALL)
    while len(data) < REQUEST.size:
        more = os.read(channel, SMALL)
        if not more:
            return None
        data += more
    total, deadline_ms, id_size, client_size, trace_size = REQUEST.unpack_from(data)
    if len(data) < total:
        data = receive_rest(channel, data, total)
        if data is None:
            return None
    a = REQUEST.size + id_size
    b = a + client_size
    c = b + trace_size
    return (
        deadline_ms,
        str(data[REQUEST.size : a], "utf-8"),
        str(data[a:b], "utf-8") if client_size else "",
        str(data[b:c], "utf-8") if trace_size else "",
        str(memoryview(data)[c:], "utf-8", "surrogatepass"),
    )


def receive_rest(channel, data, total):
    whole = bytearray(total)
    done = len(data)
    whole[:done] = data
    view = memoryview(whole)
    while done < total:
        count = os.readv(channel, [view[done:]])
        if count == 0:
            return None
        done += count
    return whole


def send(channel, kind, head, body, nanoseconds):
    header = REPLY.pack(kind, len(head), len(body), nanoseconds) + head
    if len(body) < SMALL:
        header += body
        body = b""
    for part in (header, body):
        done = os.write(channel, part) if part else 0
        if done < len(part):
            part = memoryview(part)
            while done < len(part):
                done += os.write(channel, part[done:])


# Values


def make_decoder():
    """`json.loads` without what it does before and after the work itself; like `simplejson`, it knows no `NaN`."""
    scan = json.JSONDecoder(parse_constant=refuse_constant).scan_once

    def decode(text):
        try:
            value, end = scan(text, 0)
            if end == len(text):
                return value
        except (StopIteration, ValueError):
            pass  # Spaces around it, or else the words for what is wrong are found below.
        try:
            return decode_slowly(text[1:] if text.startswith("\ufeff") else text)
        except Exception as error:
            raise unmarshal_fault(error)

    return decode


def unmarshal_fault(error):
    return Fault("Runtime.UnmarshalError", "Unable to unmarshal input: {}".format(error))


def refuse_constant(name):
    raise ValueError(name)


def decode_slowly(text):
    def refuse(name):
        for token in re.finditer(r'"(?:[^"\\]|\\.)*"|NaN|-?Infinity', text):
            if token[0][0] != '"':
                raise json.JSONDecodeError("Expecting value", text, token.start())

    return json.loads(text, parse_constant=refuse)


def marshal_result(encode, result):
    try:
        return encode(result)
    except Exception as error:
        raise Fault("Runtime.MarshalError", "Unable to marshal response: {}".format(error))


def make_encoder():
    """A function from a value to JSON text which agrees with `simplejson`, as Lambda's runtime uses it.

    `simplejson` differs from `json` for subclasses (a named tuple becomes an object), `Decimal`
    and `bytes`. `marshal` refuses just these, at the speed of C, so plain values take `json`'s fast
    path and only the others are walked here.
    """
    ascii_only = escapes_non_ascii(os.environ.get("AWS_EXECUTION_ENV", ""))
    text = json.encoder.encode_basestring_ascii if ascii_only else json.encoder.encode_basestring
    parents = {}
    plain = make_plain_encoder(ascii_only, text, parents)

    def encode(value):
        try:
            marshal.dumps(value)
            return "".join(plain(value, 0))
        except Exception:
            parents.clear()  # It holds what was being written.
            parts = []
            write(value, parts.append, text, set())
            return "".join(parts)

    return encode


def make_plain_encoder(ascii_only, text, parents):
    """What `json.dumps` makes anew for every value; without its part in C it is as slow as that."""
    encoder = json.JSONEncoder(ensure_ascii=ascii_only)
    try:
        return json.encoder.c_make_encoder(parents, encoder.default, text, None, ": ", ", ", False, False, True)
    except TypeError:
        return encoder.iterencode


def escapes_non_ascii(execution_environment):
    """True up to python3.11; newer runtimes write UTF-8."""
    minor = execution_environment[len("AWS_Lambda_python3.") :]
    return not (execution_environment.startswith("AWS_Lambda_python3.") and minor.isdigit() and int(minor) >= 12)


def write(value, emit, text, parents):
    if isinstance(value, (str, bytes)):
        emit(text(value if isinstance(value, str) else value.decode("utf-8")))
    elif value is None:
        emit("null")
    elif value is True:
        emit("true")
    elif value is False:
        emit("false")
    elif isinstance(value, int):
        emit(str(int(value)))
    elif isinstance(value, float):
        emit(float_text(value))
    else:
        write_container(value, emit, text, parents)


def write_container(value, emit, text, parents):
    if id(value) in parents:
        raise ValueError("Circular reference detected")
    parents.add(id(value))
    fields = as_dict(value)
    if fields is not None:
        write_dict(fields, emit, text, parents)
    elif isinstance(value, (list, tuple)):
        separator = "["
        for item in value:
            emit(separator)
            write(item, emit, text, parents)
            separator = ", "
        emit("[]" if separator == "[" else "]")
    elif isinstance(value, dict):
        write_dict(value, emit, text, parents)
    else:
        emit(decimal_text(value))
    parents.discard(id(value))


def write_dict(fields, emit, text, parents):
    separator = "{"
    for key, value in fields.items():
        emit(separator)
        emit(text(key_text(key)))
        emit(": ")
        write(value, emit, text, parents)
        separator = ", "
    emit("{}" if separator == "{" else "}")


def as_dict(value):
    """What a named tuple (anything with `_asdict`) holds, else None."""
    method = getattr(value, "_asdict", None)
    if not callable(method):
        return None
    try:
        fields = method()
    except TypeError:
        return None
    if not isinstance(fields, dict):
        raise TypeError("_asdict() must return a dict, not %s" % type(fields).__name__)
    return fields


def key_text(key):
    if isinstance(key, str):
        return key
    if isinstance(key, bytes):
        return key.decode("utf-8")
    if isinstance(key, float):
        return float_text(key)
    if key is True:
        return "true"
    if key is False:
        return "false"
    if key is None:
        return "null"
    if isinstance(key, int):
        return str(int(key))
    raise TypeError("keys must be str, int, float, bool or None, not %s" % key.__class__.__name__)


def float_text(value):
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(float(value))


def decimal_text(value):
    decimal = sys.modules.get("decimal")  # Without it there is no Decimal.
    if decimal is not None and isinstance(value, decimal.Decimal):
        return "NaN" if value.is_nan() else str(value)
    raise TypeError("Object of type %s is not JSON serializable" % value.__class__.__name__)


# Errors


def make_error(message, kind, trace, request_id=""):
    return {
        "errorMessage": message or "",
        "errorType": kind or "",
        "requestId": request_id,
        "stackTrace": trace or [],
    }


def report(error, encode):
    """Logs an error; gives its name and its payload, as they are sent."""
    log_error(error)
    return error["errorType"].encode(), encode(error).encode()


def describe(exception, request_id=""):
    """The error payload of an exception: its bare class name, its text, the frames below this program."""
    if isinstance(exception, Fault):
        return make_error(exception.message, exception.kind, exception.trace, request_id)
    frames = [(f.filename, f.lineno, f.name, f.line) for f in traceback.extract_tb(exception.__traceback__)]
    while frames and frames[0][0].startswith(OURS):
        del frames[0]
    return make_error(str(exception), type(exception).__name__, traceback.format_list(frames), request_id)


def log_error(error):
    """One record: lines joined by carriage returns, indented by no-break spaces."""
    title = "[ERROR]"
    if error["errorType"]:
        title += " " + error["errorType"]
    if error["errorMessage"]:
        title += (":" if error["errorType"] else "") + " " + error["errorMessage"]
    lines = [title, "Traceback (most recent call last):"]
    for entry in error["stackTrace"]:
        for line in entry.splitlines() or [""]:
            bare = line.lstrip(" ")
            lines.append("\u00a0" * (len(line) - len(bare)) + bare)
    try:
        sys.stdout.write("\r".join(lines) + "\n")
    except Exception:
        pass  # The handler closed or replaced stdout; its error is still reported.


# What the handler sees


class Unbuffered(object):
    """A stream that is flushed after each write."""

    def __init__(self, stream):
        self.stream = stream

    def __enter__(self):
        return self

    def __exit__(self, exc_type, exc_value, exc_tb):
        pass

    def __getattr__(self, attr):
        return getattr(self.stream, attr)

    def write(self, msg):
        self.stream.write(msg)
        self.stream.flush()

    def writelines(self, msgs):
        self.stream.writelines(msgs)
        self.stream.flush()


class LambdaLoggerHandler(logging.Handler):
    def emit(self, record):
        sys.stdout.write(self.format(record))

    def filter(self, record):
        record.aws_request_id = request_id or ""
        record.tenant_id = None
        return super().filter(record)


def set_up_logging():
    """A root logger which already has a handler, so that `basicConfig` does nothing."""
    sys.stdout = Unbuffered(sys.stdout)
    sys.stderr = Unbuffered(sys.stderr)
    logging.Formatter.converter = time.gmtime
    handler = LambdaLoggerHandler()
    form = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
    handler.setFormatter(logging.Formatter(form, "%Y-%m-%dT%H:%M:%S"))
    root = logging.getLogger()
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
    level = "DEBUG" if level == "TRACE" else level
    if level in logging._nameToLevel:
        root.setLevel(level)
    root.addHandler(handler)


class Record(object):
    """An object with fixed fields, filled from a dict; absent ones are None."""

    __slots__ = []

    def __init__(self, fields):
        for name in self.__slots__:
            setattr(self, name, fields.get(name))

    def __repr__(self):
        fields = ",".join("{}={}".format(name, getattr(self, name)) for name in self.__slots__)
        return "{}([{}])".format(type(self).__name__, fields)


class CognitoIdentity(Record):
    __slots__ = ["cognito_identity_id", "cognito_identity_pool_id"]


class Client(Record):
    __slots__ = ["installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name"]


class ClientContext(Record):
    __slots__ = ["custom", "env", "client"]


def make_context_class(arn):
    """The class of `context`, and what an instance begins with; what never changes between calls is read once, here."""
    environ = os.environ
    # Native code copies this instead of calling `__init__`.
    fields = {
        "aws_request_id": None,
        "log_group_name": environ.get("AWS_LAMBDA_LOG_GROUP_NAME"),
        "log_stream_name": environ.get("AWS_LAMBDA_LOG_STREAM_NAME"),
        "function_name": environ.get("AWS_LAMBDA_FUNCTION_NAME"),
        "memory_limit_in_mb": environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"),
        "function_version": environ.get("AWS_LAMBDA_FUNCTION_VERSION"),
        "invoked_function_arn": arn,
        "tenant_id": None,
        "_w3c_fields": None,
        "client_context": None,
        "identity": None,
        "_epoch_deadline_time_in_ms": None,
    }

    class LambdaContext(object):
        def __init__(self, invoke_id, client_context, deadline_ms):
            self.__dict__.update(fields)
            self.aws_request_id = invoke_id
            self._w3c_fields = {}
            self.client_context = self._read(client_context) if client_context else None
            self.identity = CognitoIdentity({})
            self._epoch_deadline_time_in_ms = deadline_ms

        def _read(self, text):
            try:
                fields = json.loads(text)
            except Exception as error:
                message = "Unable to parse Client Context JSON: {}".format(error)
                raise Fault("Runtime.LambdaContextUnmarshalError", message)
            trace = fields.pop("w3c", None)
            if isinstance(trace, dict):
                wanted = ("traceparent", "tracestate", "baggage")
                self._w3c_fields = {key: trace[key] for key in wanted if isinstance(trace.get(key), str)}
            context = ClientContext(fields)
            if context.client is not None:
                context.client = Client(context.client)
            return context

        def get_remaining_time_in_millis(self):
            return max(0, self._epoch_deadline_time_in_ms - int(time.time() * 1000))

        def w3c(self):
            return dict(self._w3c_fields)

        def log(self, msg):
            sys.stdout.write(str(msg))

        def __repr__(self):
            names = (
                "aws_request_id log_group_name log_stream_name function_name memory_limit_in_mb "
                "function_version invoked_function_arn client_context identity tenant_id"
            ).split()
            fields = ",".join("{}={}".format(name, getattr(self, name)) for name in names)
            return "LambdaContext([{}])".format(fields)

    return LambdaContext, fields
