"""A client that sends bytes as they are, for requests that no library would make."""

import contextlib
import re
import socket
import urllib.parse

from programs import PATIENCE


class Wire:
    """One connection. What arrived and is not taken yet stands in `input`."""

    def __init__(self, url, receive_buffer=None):
        address = urllib.parse.urlsplit(url)
        self.socket = socket.socket()
        if receive_buffer:  # before connecting, or the window is larger
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.connect((address.hostname, address.port))
        self.input = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def fileno(self):
        return self.socket.fileno()

    def send(self, data):
        """False when the server does not listen any more."""
        try:
            self.socket.sendall(data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def end_sending(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    def receive(self):
        """Reads once; false at the end."""
        try:
            piece = self.socket.recv(1 << 16)
        except ConnectionResetError:
            piece = b""
        self.input += piece
        return bool(piece)

    def receive_all(self):
        while self.receive():
            pass
        return self.input

    def take(self, count):
        while len(self.input) < count and self.receive():
            pass
        taken, self.input = self.input[:count], self.input[count:]
        return taken

    def head(self):
        """Status and headers (names in lower case) of the next answer; (0, {}) at the end of the connection."""
        while b"\r\n\r\n" not in self.input:
            if not self.receive():
                return 0, {}
        head, self.input = self.input.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        assert re.fullmatch(r"HTTP/1\.1 \d{3} .+", lines[0]), lines[0]
        return int(lines[0][9:12]), {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}

    def answer(self, of_head=False):
        """Status, headers and body of the next answer; an interim one is passed over."""
        status, headers = self.head()
        while 100 <= status < 200 and status != 101:
            status, headers = self.head()
        if not status or of_head or status in (101, 204, 304):
            return status, headers, b""
        return status, headers, self.take(int(headers["content-length"]))
