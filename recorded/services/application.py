"""The services as one application: moto's, each account apart, and Lambda somewhere else.

Moto tells accounts apart by a header. Here, as with emulators in general, the access key is the account.
"""

import re
import threading
import urllib.error
import urllib.request

import as_aws
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

SIGNED = re.compile(r"Credential=([^/]+)/\d+/[^/]+/([^/]+)/")


class Application:
    """Sends each request to whoever answers for its service."""

    def __init__(self, functions):
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.functions = functions

    def __call__(self, environ, start_response):
        signed = SIGNED.search(environ.get("HTTP_AUTHORIZATION", ""))
        key, service = signed.groups() if signed else ("", "")
        if re.fullmatch(r"\d{12}", key):
            environ["HTTP_X_MOTO_ACCOUNT_ID"] = key
        if service == "lambda":
            return self.functions.answer(environ, start_response)
        return as_aws.answer(self.moto, service, environ, start_response)


class Functions:
    """Lambda's API, which somebody else answers."""

    def __init__(self):
        self.address = None

    def answer(self, environ, start_response):
        """Passes a request on."""
        path = environ["PATH_INFO"]
        if environ.get("QUERY_STRING"):
            path += "?" + environ["QUERY_STRING"]
        status, headers, body = self.call(environ["REQUEST_METHOD"], path, body_of(environ), headers_of(environ))
        start_response(f"{status} .", headers)
        return [body]

    def call(self, method, path, body, headers):
        request = urllib.request.Request(self.address + path, body or None, headers, method=method)
        try:
            response = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as refusal:
            response = refusal
        with response:
            body = response.read()
            kept = [(name, value) for name, value in response.headers.items() if name.lower() not in HOP_BY_HOP]
            return response.status, kept, body


HOP_BY_HOP = ("connection", "transfer-encoding", "content-length", "date")


def headers_of(environ):
    headers = {name[5:].replace("_", "-").title(): value for name, value in environ.items() if name.startswith("HTTP_")}
    headers.pop("Host", None)
    if environ.get("CONTENT_TYPE"):
        headers["Content-Type"] = environ["CONTENT_TYPE"]
    return headers


def body_of(environ):
    return environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *_):
        pass


def serve(functions):
    """Answers on a free port; gives the server."""
    server = make_server("127.0.0.1", 0, Application(functions), threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
