"""Request smuggling and framing: the published lists of framing_cases.tsv, sent as bytes to the server as it is.

After each case one more request is on the wire. A refused one must never be followed by it; a served one must be, or
the server and its client do not agree on where a request ends.

What the column `wanted` means:
    400 or 400|501       refused with one of these in the API's format, and the connection is closed
    served 200,401       answered with these, in this order; the connection goes on
    headed 200           the same, of a HEAD request
    last 200             answered, and then the connection is closed
    cut                  the client ends in the middle: no answer, the connection is closed
"""

import json
import pathlib
import re

import pytest

from http_api import Api
from programs import event_of, eventually
from wire import Wire

NEXT = b"GET /health HTTP/1.1\r\nHost: h\r\n\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"
WORDS = {
    "{get}": "GET /health HTTP/1.1\\r\\nHost: h\\r\\n",
    "{post}": "POST /api/chats HTTP/1.1\\r\\nHost: h\\r\\n",
    "{chunked}": "POST /api/chats HTTP/1.1\\r\\nHost: h\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n",
    "{upgrade}": "Connection: Upgrade\\r\\nUpgrade: websocket\\r\\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\n",
    "{smuggled}": "GET /smuggled HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n",
}


def request_of(text):
    """The bytes of a row: words of the table above, {text*count}, and the escapes of Python."""
    for word, meaning in WORDS.items():
        text = text.replace(word, meaning)
    repeated = re.compile(r"\{([^{}]+)\*(\d+)\}")
    while repeated.search(text):
        text = repeated.sub(lambda found: found[1] * int(found[2]), text)
    return text.encode("latin-1").decode("unicode_escape").encode("latin-1")


def cases():
    rows = (pathlib.Path(__file__).parent / "framing_cases.tsv").read_text().splitlines()[1:]
    for source, name, wanted, text in (row.split("\t") for row in rows):
        yield pytest.param(wanted, request_of(text), id=f"{source}: {name}")


def refused(wire, allowed):
    status, headers, body = wire.answer()
    assert status in allowed, (status, body)
    assert headers["connection"] == "close"
    error = json.loads(body)["error"]
    assert re.fullmatch("[a-z_]+", error["code"]) and error["message"].endswith(".") and error["request_id"] == headers["x-request-id"]
    assert wire.receive_all() == b"", "nothing comes after a refusal"
    return [status]


def served(wire, wanted, of_head=False):
    statuses = [wire.answer(of_head)[0] for _ in wanted]
    assert statuses == wanted
    assert wire.answer()[0] == 200, "the next request is out of step"
    return statuses + [200]


def run(wire, wanted, request):
    """Sends the case; returns the statuses that its log lines must have."""
    kind, _, statuses = wanted.partition(" ")
    statuses = [int(status) for status in re.findall(r"\d+", wanted)]
    if kind == "cut":
        wire.send(request)
        wire.end_sending()
        assert wire.receive_all() == b""
        return [0]
    if kind in ("served", "headed"):
        wire.send(request + (b"" if 501 in statuses else NEXT))
        if 501 in statuses:  # what follows the first request is no request
            wire.send(SMUGGLED)
            assert [wire.answer()[0] for _ in statuses] == statuses and wire.receive_all() == b""
            return statuses
        return served(wire, statuses, kind == "headed")
    wire.send(request + SMUGGLED)
    if kind == "last":
        status, headers, _ = wire.answer()
        assert [status] == statuses and headers["connection"] == "close" and wire.receive_all() == b""
        return statuses
    return refused(wire, statuses)


def request_lines(server, since):
    return [entry for entry in map(event_of("request"), server.log.all[since:]) if entry]


@pytest.mark.parametrize(("wanted", "request_bytes"), cases())
def test_published_framing_case(small, wanted, request_bytes):
    since = len(small.log.all)
    with Wire(small.url) as wire:
        expected = run(wire, wanted, request_bytes)
    lines = eventually(lambda: request_lines(small, since)[len(expected) - 1:] and request_lines(small, since))
    assert [line["status"] for line in lines] == expected, "one line for each request"
    assert all(line["path"] != "/smuggled" for line in lines)


def test_nothing_of_the_cases_stays(small):
    """Runs after them: no request came out of one that was refused, and the server is as before."""
    assert Api(small.url).get("/health").json["status"] == "healthy"
    assert all(line["path"] != "/smuggled" for line in request_lines(small, 0))
