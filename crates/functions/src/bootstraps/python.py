"""Runs a Python handler: takes events from the Lambda Runtime API, one at a time, and posts what became of them."""

import importlib
import json
import logging
import os
import re
import socket
import sys
import time
import traceback

THIS_FILE = "/var/runtime/bootstrap.py"
ROOT = os.environ["LAMBDA_TASK_ROOT"]
API = "/2018-06-01/runtime"


class HostGone(Exception):
    """The other side of the Runtime API went away; there is nothing left to do."""


class Fault(Exception):
    """What the runtime itself, rather than the handler, has to complain about."""

    def __init__(self, kind, message, trace=()):
        super().__init__(message)
        self.report = error_report(message, "Runtime." + kind, list(trace))


class Host:
    """One kept-alive connection. The host always sends a Content-Length."""

    def __init__(self, address):
        name, _, port = address.rpartition(":")
        self.socket = socket.create_connection((name, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = self.socket.makefile("rb")
        self.name = address

    def call(self, method, path, body=b"", headers=()):
        lines = [method + " " + API + path + " HTTP/1.1", "Host: " + self.name]
        lines.append("Content-Type: application/json")
        lines.append("Content-Length: %d" % len(body))
        lines.extend(name + ": " + value for name, value in headers)
        try:
            self.socket.sendall("\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + body)
            return self.answer()
        except OSError:
            raise HostGone() from None

    def answer(self):
        if not self.reader.readline():
            raise HostGone()
        headers = {}
        while True:
            line = self.reader.readline()
            if not line:
                raise HostGone()
            if line == b"\r\n":
                break
            name, _, value = line.partition(b":")
            headers[name.decode("latin-1").lower()] = value.strip().decode("utf-8", "replace")
        return headers, self.reader.read(int(headers.get("content-length", 0)))


class Fields:
    """An object with the given attributes."""

    def __init__(self, **fields):
        self.__dict__.update(fields)

    def __repr__(self):
        return "%s(%s)" % (type(self).__name__, self.__dict__)


class LambdaContext(Fields):
    def __init__(self, headers):
        environment = os.environ.get
        super().__init__(
            aws_request_id=headers["lambda-runtime-aws-request-id"],
            log_group_name=environment("AWS_LAMBDA_LOG_GROUP_NAME"),
            log_stream_name=environment("AWS_LAMBDA_LOG_STREAM_NAME"),
            function_name=environment("AWS_LAMBDA_FUNCTION_NAME"),
            memory_limit_in_mb=environment("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"),
            function_version=environment("AWS_LAMBDA_FUNCTION_VERSION"),
            invoked_function_arn=headers.get("lambda-runtime-invoked-function-arn"),
            client_context=client_context(headers.get("lambda-runtime-client-context")),
            identity=Fields(cognito_identity_id=None, cognito_identity_pool_id=None),
            _epoch_deadline_time_in_ms=int(headers.get("lambda-runtime-deadline-ms", 0)),
        )

    def get_remaining_time_in_millis(self):
        return max(0, self._epoch_deadline_time_in_ms - int(time.time() * 1000))

    def log(self, message):
        sys.stdout.write(str(message))


def client_context(text):
    if not text:
        return None
    try:
        given = json.loads(text)
        client = {name: given.get("client", {}).get(name) for name in
                  ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")}
        return Fields(custom=given.get("custom"), env=given.get("env"), client=Fields(**client))
    except Exception as error:
        raise Fault("LambdaContextUnmarshalError", "Unable to parse Client Context JSON: %s" % error) from None


class LogLine(logging.Formatter):
    converter = time.gmtime
    request_id = ""

    def format(self, record):
        record.aws_request_id = LogLine.request_id
        return super().format(record)


def error_report(message, kind, trace, request_id=""):
    return {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": trace}


def exception_report(error, request_id=""):
    """AWS's form of an exception, without the frames of this file above the handler's."""
    frames = [(frame.filename, frame.lineno, frame.name, frame.line) for frame in traceback.extract_tb(error.__traceback__)]
    while frames and frames[0][0] == THIS_FILE:
        frames.pop(0)
    try:
        message = str(error)
    except Exception:
        message = "<exception str() failed>"
    return error_report(message, type(error).__name__, traceback.format_list(frames), request_id)


def as_deployed(report):
    """The same report with the paths that the code has on Lambda."""
    trace = [line.replace('File "' + ROOT + "/", 'File "/var/task/') for line in report["stackTrace"]]
    return dict(report, stackTrace=trace)


def print_report(report):
    print("[ERROR] %s: %s" % (report["errorType"], report["errorMessage"]))
    if report["stackTrace"]:
        print("Traceback (most recent call last):")
        print("".join(line if line.endswith("\n") else line + "\n" for line in report["stackTrace"]), end="")


def encode_report(report):
    return json.dumps(as_deployed(report), ensure_ascii=False).encode("utf-8", "replace")


# Marks a number of the decimal module, whose digits must arrive as they are; no handler can guess it.
DECIMAL = "decimal:" + os.urandom(16).hex() + ":"


def encode_unknown(value):
    decimal = sys.modules.get("decimal")
    if decimal and isinstance(value, decimal.Decimal):
        return float("nan") if value.is_nan() else DECIMAL + str(value)
    raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)


def encode_result(result):
    if isinstance(result, bytes):
        return result
    try:
        text = json.dumps(result, ensure_ascii=False, default=encode_unknown)
        if DECIMAL in text:
            text = re.sub('"' + DECIMAL + '([^"]*)"', r"\1", text)
        return text.encode("utf-8")
    except Exception as error:
        raise Fault("MarshalError", "Unable to marshal response: %s" % error) from None


def load_handler(name):
    module_name, dot, function_name = name.rpartition(".")
    if not dot:
        raise Fault("MalformedHandlerName",
                    "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % name)
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise Fault("BuiltInModuleConflict", "Cannot use built-in module %s as a handler module" % module_name)
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault("ImportModuleError", "Unable to import module '%s': %s" % (module_name, error)) from None
    except SyntaxError as error:
        where = '  File "%s" Line %s\n    %s' % (error.filename, error.lineno, error.text)
        raise Fault("UserCodeSyntaxError", "Syntax error in module '%s': %s" % (module_name, error), [where]) from None
    try:
        return getattr(module, function_name)
    except AttributeError:
        raise Fault("HandlerNotFound", "Handler '%s' missing on module '%s'" % (function_name, module_name)) from None


def decode_event(text):
    try:
        return json.loads(text)
    except Exception as error:
        raise Fault("UnmarshalError", "Unable to unmarshal input: %s" % error) from None


def answer_event(host, handler, headers, body):
    request_id = headers["lambda-runtime-aws-request-id"]
    LogLine.request_id = request_id
    os.environ["_X_AMZN_TRACE_ID"] = headers.get("lambda-runtime-trace-id", "")
    report = None
    try:
        context = LambdaContext(headers)
        result = encode_result(handler(decode_event(body), context))
    except Fault as fault:
        report = dict(fault.report, requestId=request_id)
    except Exception as error:
        report = exception_report(error, request_id)
    if report:
        print_report(report)
    sys.stdout.flush()
    sys.stderr.flush()
    if report:
        kind = [("Lambda-Runtime-Function-Error-Type", report["errorType"])]
        host.call("POST", "/invocation/" + request_id + "/error", encode_report(report), kind)
    else:
        host.call("POST", "/invocation/" + request_id + "/response", result)


def main():
    sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
    sys.stderr.reconfigure(line_buffering=True)
    log = logging.StreamHandler(sys.stdout)
    log.setFormatter(LogLine("[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s",
                             "%Y-%m-%dT%H:%M:%S"))
    logging.getLogger().addHandler(log)
    sys.path.insert(0, ROOT)

    host = Host(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        handler = load_handler(os.environ["_HANDLER"])
    except Exception as error:
        report = error.report if isinstance(error, Fault) else exception_report(error)
        print_report(report)
        sys.stdout.flush()
        kind = [("Lambda-Runtime-Function-Error-Type", report["errorType"])]
        host.call("POST", "/init/error", encode_report(report), kind)
        sys.exit(1)
    while True:
        answer_event(host, handler, *host.call("GET", "/invocation/next"))


try:
    main()
except HostGone:
    os._exit(1)
