"""The chat's WebSocket against clients that break RFC 6455, frame by frame. Autobahn's cases are in test_autobahn.py."""

import json
import struct

import pytest

from http_api import Api, register
from programs import eventually
from test_framing import request_lines
from wire import Wire

KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
VERSION = "Sec-WebSocket-Version: 13\r\n"
MASK = b"\x0b\x16\x21\x2c"
TEXT, BINARY, CLOSE, PING = 0x81, 0x82, 0x88, 0x89


def frame(first, payload, masked=True, length=None):
    length = len(payload) if length is None else length
    size = bytes([length]) if length < 126 else struct.pack("!BH", 126, length) if length < 1 << 16 else struct.pack("!BQ", 127, length)
    if not masked:
        return bytes([first]) + size + payload
    mixed = bytes(byte ^ MASK[index % 4] for index, byte in enumerate(payload))
    return bytes([first, size[0] | 0x80]) + size[1:] + MASK + mixed


def closing(code, reason=b""):
    return frame(CLOSE, struct.pack("!H", code) + reason)


class Socket(Wire):
    def __init__(self, server, path="/api/ws", more="", handshake=UPGRADE + KEY + VERSION):
        super().__init__(server.url)
        self.send(f"GET {path} HTTP/1.1\r\nHost: {server.url[7:]}\r\n{handshake}{more}\r\n".encode())
        self.status, self.headers, self.body = self.answer()

    def frame(self):
        """(opcode, payload) of the next frame; (None, b"") at the end. What a server sends is never masked."""
        head = self.take(2)
        if len(head) < 2:
            return None, b""
        assert head[1] < 128
        size = head[1] if head[1] < 126 else struct.unpack("!H", self.take(2))[0] if head[1] == 126 else struct.unpack("!Q", self.take(8))[0]
        return head[0] & 15, self.take(size)

    def events(self):
        """Messages up to the close, and its code; pings are passed over."""
        messages = []
        while True:
            opcode, payload = self.frame()
            if opcode == 8:
                return messages, struct.unpack("!H", payload[:2])[0]
            if opcode is None:
                return messages, None
            if opcode == 1:
                messages.append(json.loads(payload))


VIOLATIONS = {
    "unmasked": (frame(TEXT, b"{}", masked=False), 1002),
    "first reserved bit, as compression sets it": (frame(TEXT | 0x40, b"{}"), 1002),
    "second reserved bit": (frame(TEXT | 0x20, b"{}"), 1002),
    "third reserved bit": (frame(TEXT | 0x10, b"{}"), 1002),
    "opcode 3": (frame(0x83, b""), 1002),
    "opcode 11": (frame(0x8B, b""), 1002),
    "a ping in two pieces": (frame(0x09, b"a"), 1002),
    "a close in two pieces": (frame(0x08, b"\x03\xe8"), 1002),
    "a ping of 126 bytes": (frame(PING, b"p" * 126), 1002),
    "a ping that claims 2^40 bytes": (frame(PING, b"", length=1 << 40), 1002),
    "a close of 126 bytes": (frame(CLOSE, b"\x03\xe8" + b"r" * 124), 1002),
    "a continuation of nothing": (frame(0x80, b"{}"), 1002),
    "a message inside a message": (frame(0x01, b"{") + frame(TEXT, b"}"), 1002),
    "text that is not UTF-8": (frame(TEXT, b'{"type": "\xff"}'), 1007),
    "text cut in the middle of a letter": (frame(0x01, b"\xe2\x82") + frame(0x80, b""), 1007),
    "a surrogate in UTF-8": (frame(TEXT, b"\xed\xa0\x80"), 1007),
    "a message over the limit": (frame(BINARY, b"", length=(1 << 20) + 1), 1009),
    "a message that claims 2^63 - 1 bytes": (frame(BINARY, b"", length=(1 << 63) - 1), 1009),
    "pieces over the limit": (frame(0x02, b"x" * (1 << 19)) + frame(0x00, b"x" * (1 << 19)) + frame(0x00, b"x"), 1009),
    "close code 0": (closing(0), 1002),
    "close code 999": (closing(999), 1002),
    "close code 1004": (closing(1004), 1002),
    "close code 1005": (closing(1005), 1002),
    "close code 1006": (closing(1006), 1002),
    "close code 1015": (closing(1015), 1002),
    "close code 1016": (closing(1016), 1002),
    "close code 2999": (closing(2999), 1002),
    "close code 5000": (closing(5000), 1002),
    "half a close code": (frame(CLOSE, b"\x03"), 1002),
    "a reason that is not UTF-8": (closing(1000, b"\xff"), 1007),
    "a proper close": (closing(1000, b"bye"), 1000),
    "a close of an application": (closing(4321), 4321),
    "an empty close": (frame(CLOSE, b""), 1000),
}


@pytest.mark.parametrize("name", VIOLATIONS)
@pytest.mark.parametrize("signed_in", [False, True], ids=["stranger", "member"])
def test_a_violation_is_closed_with_its_code(small, name, signed_in):
    since = len(small.log.all)
    sent, code = VIOLATIONS[name]
    with Socket(small) as socket:
        assert socket.status == 101
        if signed_in:
            token = Api(small.url).post("/api/auth/demo").json["access_token"]
            socket.send(frame(TEXT, json.dumps({"type": "auth", "token": token}).encode()))
            assert json.loads(socket.frame()[1])["type"] == "ready"
        socket.send(sent)
        assert socket.events()[1] == code
        assert socket.receive_all() == b"", "and the connection ends"
    lines = eventually(lambda: [line for line in request_lines(small, since) if line["path"] == "/api/ws"])
    assert len(lines) == 1 and lines[0]["status"] == 101


def test_messages_that_are_no_chat_are_told_so(small):
    member = register(small.url)
    with Socket(small) as socket:
        socket.send(frame(TEXT, json.dumps({"type": "auth", "token": member.token}).encode()))
        assert json.loads(socket.frame()[1])["type"] == "ready"
        nonsense = (b"", b"{", b"[]", b"null", b'"hello"', b"[" * 10_000, b'{"type": 1}', b'{"type": "auth"}', b'{"type": "message", "content": 5}',
                    b'{"type": "message", "content": "a", "chat_id": "../../etc/passwd"}', b'{"type": "message", "content": "' + b"x" * 60_000 + b'"}')
        for text in nonsense:
            socket.send(frame(TEXT, text))
            told = json.loads(socket.frame()[1])
            assert told["type"] == "error" and told["error"]["message"], text
        socket.send(frame(BINARY, b"\x00\xff"))
        assert json.loads(socket.frame()[1])["type"] == "error"
        socket.send(closing(1000))
        assert socket.events() == ([], 1000)


def test_without_a_sign_in_the_socket_is_closed(small):
    for first in (b'{"type": "auth", "token": "x.y.z"}', b'{"type": "message", "content": "hello"}', b"nonsense", b"\x00"):
        with Socket(small) as socket:
            socket.send(frame(TEXT, first))
            messages, code = socket.events()
            assert [message["type"] for message in messages] == ["error"] and code == 1008


def test_a_client_that_just_goes_leaves_one_line(small):
    for ending in ("silent", "half a frame", "reset"):
        since = len(small.log.all)
        socket = Socket(small)
        if ending == "half a frame":
            socket.send(frame(TEXT, b"x" * 200)[:50])
        if ending == "reset":
            socket.socket.setsockopt(1, 13, struct.pack("ii", 1, 0))  # SO_LINGER: the close is a reset
        socket.socket.close()
        line = eventually(lambda: request_lines(small, since))[0]
        assert line["path"] == "/api/ws" and line["status"] == 101


@pytest.mark.parametrize(("handshake", "status"), [
    (KEY + VERSION, 426), (UPGRADE + VERSION, 400), (UPGRADE + VERSION + "Sec-WebSocket-Key: short\r\n", 400),
    (UPGRADE + VERSION + "Sec-WebSocket-Key: " + "A" * 23 + "\xff\r\n", 400), (UPGRADE + VERSION + "Sec-WebSocket-Key: " + "A" * 44 + "\r\n", 400),
    (UPGRADE + KEY, 426), (UPGRADE + KEY + "Sec-WebSocket-Version: 8\r\n", 426), (UPGRADE + KEY + "Sec-WebSocket-Version: 013\r\n", 426),
    (UPGRADE + KEY + "Sec-WebSocket-Version: 13, 8\r\n", 426), ("Connection: close\r\nUpgrade: websocket\r\n" + KEY + VERSION, 426),
    ("Connection: Upgrade\r\nUpgrade: h2c\r\n" + KEY + VERSION, 426), (UPGRADE + KEY + VERSION + "Origin: https://evil.example\r\n", 403),
    (UPGRADE + KEY + VERSION + "Origin: null\r\n", 403), (UPGRADE + KEY + VERSION + "Origin: http://localhost:3000\r\nOrigin: https://evil.example\r\n", 403)])
def test_a_handshake_that_is_wrong_stays_http(small, handshake, status):
    with Socket(small, handshake=handshake) as socket:
        assert socket.status == status and json.loads(socket.body)["error"]["code"]
        if status == 426:
            assert socket.headers.get("sec-websocket-version", "13") == "13"


def test_extensions_and_protocols_are_declined(small):
    with Socket(small, more="Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\nSec-WebSocket-Protocol: a, b\r\n") as socket:
        assert socket.status == 101 and not {"sec-websocket-extensions", "sec-websocket-protocol"} & set(socket.headers)
