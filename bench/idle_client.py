"""A client that holds connections open: half of them WebSockets, half event streams. One thread, epoll, no library.

A process of its own, told what to do by JSON lines on standard input, each answered with one:

    {"open": "websocket", "count": 5000, "address": ["127.0.0.1", 8000], "token": "…"}      signed in, "ready" was read
    {"open": "events", "count": 5000, "address": …, "token": "…", "question": "…"}          its sources were read
    {"hold": 600}        answers pings and counts heartbeats; says how many were lost, and how many still answer at the end
"""

import base64
import json
import os
import select
import socket
import struct
import sys
import time

AT_ONCE = 64  # connections that are being opened at the same time


def frame(opcode, payload):
    """A masked frame; the mask is all zero, which is as good as any for who sees both ends."""
    size = bytes([0x80 | len(payload)]) if len(payload) < 126 else struct.pack("!BH", 0x80 | 126, len(payload))
    return bytes([0x80 | opcode]) + size + b"\0\0\0\0" + payload


class Held:
    """One connection; `opened` once it waits for nothing but what may come."""

    def __init__(self, order):
        self.opened, self.lost, self.heartbeats, self.pongs, self.input = False, None, 0, 0, b""
        self.connection = socket.create_connection(tuple(order["address"]), 60)
        self.connection.setblocking(False)
        self.begin(order)

    def take(self):
        try:
            piece = self.connection.recv(65536)
        except BlockingIOError:
            return
        except OSError as error:
            self.lost = str(error)
            return
        if not piece:
            self.lost = "the server closed it"
            return
        self.input += piece
        self.arrived()


class HeldSocket(Held):
    def begin(self, order):
        self.token = order["token"]
        key = base64.b64encode(os.urandom(16)).decode()
        self.connection.send((f"GET /api/ws HTTP/1.1\r\nHost: bench\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                              f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n").encode())
        self.upgraded = False

    def arrived(self):
        if not self.upgraded:
            at = self.input.find(b"\r\n\r\n")
            if at < 0:
                return
            if not self.input.startswith(b"HTTP/1.1 101"):
                self.lost = self.input[:200].decode(errors="replace")
                return
            self.upgraded, self.input = True, self.input[at + 4:]
            self.connection.send(frame(1, json.dumps({"type": "auth", "token": self.token}).encode()))
        while len(self.input) >= 2:
            opcode, size, begin = self.input[0] & 15, self.input[1], 2
            if size == 126:
                size, begin = int.from_bytes(self.input[2:4], "big"), 4
            if len(self.input) < begin + size:
                return
            payload, self.input = self.input[begin:begin + size], self.input[begin + size:]
            if opcode == 1 and b'"ready"' in payload:
                self.opened = True
            elif opcode == 9:
                self.heartbeats += 1
                self.connection.send(frame(10, payload))
            elif opcode == 10:
                self.pongs += 1
            else:
                self.lost = f"frame {opcode}: {payload[:200]!r}"

    def ask(self):
        self.connection.send(frame(9, b"there?"))


class HeldEvents(Held):
    def begin(self, order):
        body = json.dumps({"content": order["question"]})
        self.connection.send((f"POST /api/chats/new/messages HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
                              f"Accept: text/event-stream\r\nAuthorization: Bearer {order['token']}\r\n"
                              f"Content-Length: {len(body)}\r\n\r\n{body}").encode())

    def arrived(self):
        if not self.opened:
            if b"event: sources" in self.input:
                self.opened = True
            elif not self.input.startswith(b"HTTP/1.1 200"[:len(self.input)]):
                self.lost = self.input[:200].decode(errors="replace")
            if not self.opened:
                return
        if b"event: error" in self.input or b"event: done" in self.input:
            self.lost = self.input[-300:].decode(errors="replace")
        self.heartbeats += self.input.count(b"\n\n") if not b"event:" in self.input else 0
        self.pongs += 1
        self.input = b""

    def ask(self):
        self.pongs = 0  # an event stream is asked nothing: what comes by itself until the end of the wait counts


class Client:
    def __init__(self):
        self.poll, self.held = select.epoll(), {}

    def wait(self, seconds):
        for number, _ in self.poll.poll(seconds):
            one = self.held[number]
            if one.lost is None:
                one.take()
            if one.lost is not None:
                self.poll.unregister(number)

    def open(self, order):
        kind = {"websocket": HeldSocket, "events": HeldEvents}[order["open"]]
        waiting, left, mine = set(), order["count"], []
        while left or waiting:
            while left and len(waiting) < AT_ONCE:
                one = kind(order)
                self.held[one.connection.fileno()] = one
                self.poll.register(one.connection, select.EPOLLIN)
                waiting.add(one)
                mine.append(one)
                left -= 1
            self.wait(1)
            waiting = {one for one in waiting if not one.opened and one.lost is None}
        return {"opened": sum(one.opened for one in mine), "lost": [one.lost for one in mine if one.lost][:3]}

    def hold(self, seconds, patience=40):
        for one in self.held.values():
            one.heartbeats = 0
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.wait(min(1, max(0, end - time.monotonic())))
        living = [one for one in self.held.values() if one.lost is None]
        for one in living:
            one.pongs = 0
            one.ask()
        end = time.monotonic() + patience
        while time.monotonic() < end and any(one.pongs == 0 and one.lost is None for one in living):
            self.wait(1)
        lost = [one.lost for one in self.held.values() if one.lost is not None]
        return {"held": len(self.held), "lost": len(lost), "why": lost[:3], "heartbeats": sum(one.heartbeats for one in self.held.values()),
                "silent at the end": sum(one.pongs == 0 and one.lost is None for one in living)}


def main():
    client = Client()
    for line in sys.stdin:
        order = json.loads(line)
        print(json.dumps(client.open(order) if "open" in order else client.hold(order["hold"])), flush=True)


if __name__ == "__main__":
    main()
