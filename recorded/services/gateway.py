"""What API Gateway serves: the APIs that cases made at moto, in front of Lambda functions.

Only what such cases need: resources without variables, integrations of the type AWS, the two ways in which their
templates speak of a request. Answers have the headers that AWS's edge adds.
"""

import http.server
import json
import re
import threading
import urllib.parse
import uuid

from moto.apigateway.models import apigateway_backends

FUNCTION = re.compile(r"/functions/([^/]+)/invocations$")


def serve(functions):
    """Answers on a free port; gives the server."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            status, text = reply(functions, self.command, self.path, body)
            self.send_response_only(status)
            for name, value in edge_headers(self.date_time_string(), text):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        do_DELETE = do_GET = do_PATCH = do_POST = do_PUT = answer

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def reply(functions, method, url, body):
    """The status and the text with which an API answers."""
    url = urllib.parse.urlsplit(url)
    integration = integration_of(method, url.path)
    if integration is None:
        return 403, json.dumps({"message": "Missing Authentication Token"}).encode()
    query = dict(urllib.parse.parse_qsl(url.query))
    function = FUNCTION.search(integration.uri)[1]
    _, _, _, region, account, *_ = function.split(":")
    signed = f"AWS4-HMAC-SHA256 Credential={account}/20260101/{region}/lambda/aws4_request"
    path = f"/2015-03-31/functions/{urllib.parse.quote(function)}/invocations"
    event = event_of(integration, body or "{}", query)
    status, _, answer = functions.call("POST", path, event.encode(), {"Authorization": signed})
    return (200, answer) if status == 200 else (500, b'{"message": "Internal server error"}')


def integration_of(method, path):
    """What is behind a path: /restapis/ID/STAGE/PATH."""
    _, _, identifier, stage, *path = path.split("/", 4)
    path = "/" + "".join(path)
    for regions in apigateway_backends.values():
        for backend in regions.values():
            api = backend.apis.get(identifier)
            if api is None or stage not in api.stages:
                continue
            for resource in api.resources.values():
                if resource.get_path() == path and method in resource.resource_methods:
                    return resource.resource_methods[method].method_integration
    return None


def event_of(integration, body, query):
    """What a function is called with: the body, or what the integration's template makes of the request."""
    template = (integration.request_templates or {}).get("application/json")
    if template is None:
        return body
    as_text = ", ".join(f"{name}={value}" for name, value in query.items())
    return template.replace("$input.json('$')", body).replace("$input.params().querystring", f"{{{as_text}}}")


def edge_headers(date, body):
    yield from (("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("Connection", "keep-alive"))
    yield from (("Date", date), ("X-Amzn-Trace-Id", "Root=1-0-0"), ("x-amzn-RequestId", str(uuid.uuid4())))
    yield from (("x-amz-apigw-id", uuid.uuid4().hex), ("X-Cache", "Miss from cloudfront"), ("Via", "1.1 edge"))
    yield from (("X-Amz-Cf-Pop", "EDGE"), ("X-Amz-Cf-Id", uuid.uuid4().hex))
