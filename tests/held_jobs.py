"""Moto's services with jobs that stay under way until they are let go, and with an ear for what is asked of them."""

import http.client
import http.server
import json
import sys
import threading
import urllib.parse


# Moto does not know these, and an error of its own would be called again.
ANSWERED_HERE = {"batchstopjobrun": b'{"SuccessfulSubmissions": [], "Errors": []}'}


class HeldJobs:
    """Passes requests on to moto. What it answers about jobs says that they run, until `release` is called."""

    def __init__(self, moto, asked, hold):
        self.moto = urllib.parse.urlsplit(moto).netloc
        # The operation that asks about a job, and what makes an answer to it say that the job runs.
        self.asked, self.hold = asked, hold
        self.calls = []
        self.released = threading.Event()
        held = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, headers, answer = held.answer(self.path, dict(self.headers), body)
                self.send_response_only(status)
                for name, value in headers:
                    if name.lower() not in ("connection", "content-length", "transfer-encoding"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, path, headers, body):
        # Batch names its operations in paths, the others in a header.
        target = next((value for name, value in headers.items() if name.lower() == "x-amz-target"), path)
        operation = target.replace("/", ".").rpartition(".")[2].lower()
        if operation in ANSWERED_HERE:
            self.calls.append((operation, json.loads(body)))
            return 200, [("Content-Type", "application/x-amz-json-1.1")], ANSWERED_HERE[operation]
        connection = http.client.HTTPConnection(self.moto, timeout=60)
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        answer = response.read()
        if operation == self.asked and response.status == 200 and not self.released.is_set():
            members = json.loads(answer)
            self.hold(members)
            answer = json.dumps(members).encode()
        # What was asked is known once it is answered, so that nobody waits for less.
        self.calls.append((operation, json.loads(body or b"{}")))
        connection.close()
        return response.status, response.getheaders(), answer

    def times(self, operation):
        return len(self.asked_with(operation))

    def asked_with(self, operation):
        """The parameters of each call of an operation."""
        return [parameters for called, parameters in list(self.calls) if called == operation]

    def release(self):
        self.released.set()

    def end(self):
        self.server.shutdown()
        self.server.server_close()


class Quiet(http.server.ThreadingHTTPServer):
    """Says nothing of callers that are gone: some are killed."""

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)
