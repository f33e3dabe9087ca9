"""A gate before a search engine, which asks for a password or speaks TLS and does harm when it is told to.

    gate.py '{"port", "upstream", "control", "authorization"?, "certificate"?, "key"?}'

The file `control` says what happens to the next requests whose line holds `where` (a JSON object; absent: nothing):
cut (half an answer), drop (no answer), delay (seconds), status (that answer without asking the engine), items (the
status of the first item of a bulk answer); `times` counts down, and what was done is removed.
"""

import http.client
import http.server
import json
import os
import ssl
import sys
import threading
import time

options = json.loads(sys.argv[1])
host, port = options["upstream"].split(":")
lock = threading.Lock()


def next_harm(line):
    with lock:
        try:
            with open(options["control"]) as file:
                harm = json.load(file)
        except (OSError, ValueError):
            return {}
        if harm.get("where", "") not in line:
            return {}
        harm["times"] = harm.get("times", 1) - 1
        temporary = options["control"] + ".new"
        if harm["times"] > 0:
            with open(temporary, "w") as file:
                json.dump(harm, file)
            os.replace(temporary, options["control"])
        else:
            os.remove(options["control"])
        return harm


def with_item_status(body, status):
    answer = json.loads(body)
    for result in answer["items"][0].values():
        result.clear()
        result.update({"status": status, "error": {"reason": "told so by the gate"}})
    answer["errors"] = True
    return json.dumps(answer).encode()


class Gate(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes

    def log_message(self, *_):
        pass

    def answer(self, status, body, kind="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def forward(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        wanted = options.get("authorization")
        given = self.headers.get("Authorization") or self.headers.get("api-key")
        if wanted and given != wanted:
            return self.answer(401, b"Unauthorized", "text/plain")
        harm = next_harm(f"{self.command} {self.path}")
        time.sleep(harm.get("delay", 0))
        if "drop" in harm:
            self.close_connection = True
            return None
        if "status" in harm:
            return self.answer(harm["status"], b'{"error":{"type":"gate","reason":"told so"}}')
        upstream = http.client.HTTPConnection(host, int(port), timeout=60)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        upstream.request(self.command, self.path, body, headers)
        response = upstream.getresponse()
        content = response.read()
        upstream.close()
        if "items" in harm:
            content = with_item_status(content, harm["items"])
        if "cut" in harm:
            self.send_response(response.status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2])
            self.close_connection = True
            return None
        return self.answer(response.status, content, response.headers.get("Content-Type", "application/json"))

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = forward


server = http.server.ThreadingHTTPServer(("127.0.0.1", options["port"]), Gate)
server.daemon_threads = True
if "certificate" in options:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(options["certificate"], options["key"])
    server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
