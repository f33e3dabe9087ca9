"""A model API that misbehaves below HTTP, where the scripted provider (which has a real HTTP server) cannot.

The question chooses the case: "case rst_in_the_middle …" is answered by the function of that name in CASES. A case writes to the
socket as it likes; when it returns, the connection is closed.
"""

import json
import socket
import socketserver
import struct
import threading
import time

# Longer than what a guard holds back, so that a part of it is with the client when the stream breaks.
WORDS = " ".join(f"pebble{number}" for number in range(80)) + " "
STALL = 600  # seconds: longer than any test waits


class Wire:
    """One connection, after its request was read."""

    def __init__(self, connection, request):
        self.connection, self.request = connection, request

    def raw(self, data):
        self.connection.sendall(data if isinstance(data, bytes) else data.encode())

    def head(self, status="200 OK", media_type="text/event-stream", *more, chunked=True):
        framing = ["Transfer-Encoding: chunked"] if chunked else []
        self.raw("\r\n".join([f"HTTP/1.1 {status}", f"Content-Type: {media_type}", *framing, *more, "", ""]))

    def piece(self, data):
        data = data if isinstance(data, bytes) else data.encode()
        self.raw(b"%x\r\n%s\r\n" % (len(data), data))

    def event(self, value):
        self.piece(f"data: {value if isinstance(value, str) else json.dumps(value)}\n\n")

    def text(self, text, finish=None, **delta):
        self.event({"id": "x", "object": "chat.completion.chunk", "model": "hostile",
                    "choices": [{"index": 0, "delta": {"content": text, **delta}, "finish_reason": finish}]})

    def end(self, reason="stop", done=True, last=True):
        if reason:
            self.event({"model": "hostile", "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
        if done:
            self.event("[DONE]")
        if last:
            self.raw("0\r\n\r\n")

    def plain(self, status, media_type, body, *more):
        self.head(status, media_type, f"Content-Length: {len(body.encode())}", *more, chunked=False)
        self.raw(body)

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def wait_until_left(self):
        """What the client does not end would last as long as the test is patient, and fail it."""
        self.connection.settimeout(STALL)
        self.connection.recv(1)


CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


# Whole answers, however they come ------------------------------------------------------------------------------------


@case
def whole(wire):
    wire.head()
    wire.text(WORDS)
    wire.end()


@case
def slow_drip(wire):
    wire.head()
    for word in WORDS.split()[:8]:
        wire.text(word + " ")
        time.sleep(0.3)
    wire.end()


@case
def no_done_after_the_finish(wire):
    wire.head()
    wire.text(WORDS)
    wire.end(done=False)


@case
def cut_after_the_finish(wire):
    wire.head()
    wire.text(WORDS)
    wire.end(done=False, last=False)


@case
def done_twice(wire):
    wire.head()
    wire.text(WORDS)
    wire.end(last=False)
    wire.event("[DONE]")
    wire.raw("0\r\n\r\n")


@case
def bytes_after_done(wire):
    wire.head()
    wire.text(WORDS)
    wire.end(last=False)
    wire.text("never to be seen ")
    wire.raw("0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")


@case
def characters_split_over_packets(wire):
    wire.head()
    event = b"data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": "größer – 漢字 🙂"}}]}, ensure_ascii=False).encode() + b"\n\n"
    for number in range(len(event)):
        wire.piece(event[number:number + 1])
    wire.end()


@case
def another_content_type(wire):
    wire.head(media_type="text/plain")
    wire.text(WORDS)
    wire.end()


@case
def one_piece_instead_of_a_stream(wire):
    wire.plain("200 OK", "application/json", json.dumps(
        {"model": "hostile", "choices": [{"index": 0, "message": {"role": "assistant", "content": WORDS}, "finish_reason": "stop"}]}))


# Answers that end well, but are not whole ----------------------------------------------------------------------------


@case
def limit_of_tokens(wire):
    wire.head()
    wire.text(WORDS)
    wire.end("length")


@case
def content_filter(wire):
    wire.head()
    wire.text(WORDS)
    wire.end("content_filter")


@case
def text_and_a_tool_nobody_offered(wire):
    wire.head()
    wire.text(WORDS, tool_calls=[{"index": 0, "id": "1", "function": {"name": "rm", "arguments": "{}"}}])
    wire.end("tool_calls")


# Broken after the first words ----------------------------------------------------------------------------------------


def words(wire):
    wire.head()
    wire.text(WORDS)


@case
def rst_in_the_middle(wire):
    words(wire)
    time.sleep(0.5)  # a reset takes what was not read yet along
    wire.reset()


@case
def fin_in_the_middle(wire):
    words(wire)


@case
def end_of_body_in_the_middle(wire):
    words(wire)
    wire.raw("0\r\n\r\n")


@case
def close_delimited_and_cut(wire):
    wire.head("200 OK", "text/event-stream", "Connection: close", chunked=False)
    wire.raw("data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": WORDS}}]}) + "\n\n")


@case
def shorter_than_its_content_length(wire):
    wire.head("200 OK", "text/event-stream", "Content-Length: 100000", chunked=False)
    wire.raw("data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": WORDS}}]}) + "\n\n")


@case
def stall_in_the_middle(wire):
    words(wire)
    wire.wait_until_left()


@case
def comments_for_ever(wire):
    words(wire)
    while True:
        wire.piece(": still here\n\n")
        time.sleep(0.2)


@case
def drip_for_ever(wire):
    words(wire)
    while True:
        wire.text("and on ")
        time.sleep(0.2)


@case
def flood_for_ever(wire):
    wire.head()
    while True:
        wire.text(WORDS * 80)


@case
def chunk_that_is_not_json(wire):
    words(wire)
    wire.event('{"choices":[{"delta":{"content":"brok')
    wire.wait_until_left()


@case
def chunk_that_is_a_list(wire):
    words(wire)
    wire.event([1, 2])
    wire.wait_until_left()


@case
def error_in_the_middle(wire):
    words(wire)
    wire.event({"error": {"message": "the pebbles ran out", "type": "server_error", "code": "pebbles"}})
    wire.wait_until_left()


@case
def invalid_utf_8_in_the_middle(wire):
    words(wire)
    wire.piece(b'data: {"choices":[{"index":0,"delta":{"content":"\xf0\x9f')
    wire.piece(b'\xc3("}}]}\n\n')
    wire.wait_until_left()


@case
def half_a_surrogate_in_the_middle(wire):
    words(wire)
    wire.piece(b'data: {"choices":[{"index":0,"delta":{"content":"\\ud83d"}}]}\n\n')
    wire.wait_until_left()


@case
def bad_chunk_size_in_the_middle(wire):
    words(wire)
    wire.raw("zz\r\nwhat\r\n")
    wire.wait_until_left()


@case
def finish_reason_error(wire):
    words(wire)
    wire.end("error")


# Nothing at all ------------------------------------------------------------------------------------------------------


@case
def silence(wire):
    wire.wait_until_left()


@case
def head_then_silence(wire):
    wire.head()
    wire.wait_until_left()


@case
def closed_without_an_answer(wire):
    pass


@case
def no_http(wire):
    wire.raw("220 smtp.example.org ESMTP\r\n")
    wire.wait_until_left()


@case
def too_many_requests(wire):
    wire.plain("429 Too Many Requests", "application/json", '{"error": {"message": "slow down", "code": "rate_limit_exceeded"}}',
               "Retry-After: 40.5")


@case
def server_error_in_html(wire):
    wire.plain("500 Internal Server Error", "text/html", "<html><h1>500</h1></html>")


@case
def unavailable_in_html(wire):
    wire.plain("503 Service Unavailable", "text/html", "<html><h1>503</h1></html>")


@case
def key_refused(wire):
    key = wire.request["authorization"]
    wire.plain("401 Unauthorized", "application/json", json.dumps({"error": {"message": f"Incorrect API key provided: {key}"}}))


@case
def web_page(wire):
    wire.plain("200 OK", "text/html; charset=utf-8", "<html><body>Welcome to the gateway</body></html>")


@case
def error_with_status_200(wire):
    wire.plain("200 OK", "application/json", '{"error": {"message": "no such model", "code": "model_not_found"}}')


@case
def redirect_loop(wire):
    wire.plain("302 Found", "text/plain", "", f"Location: {wire.request['path']}")


@case
def one_giant_line(wire):
    wire.head()
    for _ in range(64):
        wire.piece("data: " + "x" * 65536)
    wire.wait_until_left()


@case
def interim_answers_for_ever(wire):
    while True:
        wire.raw("HTTP/1.1 103 Early Hints\r\n\r\n")


@case
def giant_head(wire):
    wire.raw("HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        wire.raw("x" * 65536)


@case
def empty_answer(wire):
    wire.head()
    wire.end()


@case
def done_at_once(wire):
    wire.head()
    wire.event("[DONE]")
    wire.raw("0\r\n\r\n")


@case
def only_a_tool_nobody_offered(wire):
    wire.head()
    wire.text(None, tool_calls=[{"index": 0, "id": "1", "function": {"name": "rm", "arguments": "{}"}}])
    wire.end("tool_calls")


@case
def all_tokens_for_thinking(wire):
    wire.head()
    wire.end("length")


class Upstream(socketserver.ThreadingTCPServer):
    """`with Upstream() as upstream`: url, and how often each case was asked."""

    allow_reuse_address = daemon_threads = True
    request_queue_size = 1024

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/v1"
        self.asked, self._lock = {}, threading.Lock()

    def count(self, name):
        with self._lock:
            self.asked[name] = self.asked.get(name, 0) + 1

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def handle_error(self, *_):
        pass  # the client may leave at any time


class Answering(socketserver.StreamRequestHandler):
    def handle(self):
        while True:
            request_line = self.rfile.readline().decode()
            if not request_line.strip():
                return
            headers = {}
            while (line := self.rfile.readline().decode().strip()):
                name, value = line.split(":", 1)
                headers[name.lower()] = value.strip()
            body = json.loads(self.rfile.read(int(headers.get("content-length", 0))) or "{}")
            wire = Wire(self.connection, {**headers, "path": request_line.split()[1], "body": body})
            if body.get("stream"):
                question = next(message["content"] for message in reversed(body["messages"]) if message["role"] == "user")
                name = question.split("case ")[1].split()[0]
                self.server.count(name)
                CASES[name](wire)
                return
            wire.plain("200 OK", "application/json", json.dumps(
                {"choices": [{"index": 0, "message": {"role": "assistant", "content": "{}"}, "finish_reason": "stop"}]}))
