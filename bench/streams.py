"""A client of many event streams at once: one thread, epoll, and no more parsing than counting marks in the bytes that arrive.

A process of its own (`python3 bench/streams.py`), told what to do by one JSON line on standard input:

    {"address": ["127.0.0.1", 8000], "streams": 1000, "rounds": 1,
     "calls": [[request, …], …],      what stream n sends, one after the other, from calls[n % length]; the last one is the stream
     "token": "event: token", "end": "event: done", "whole": "what a complete answer has in it"}

It opens all connections, sends on all, and again on each that has its answer until `rounds` are done. It answers with one JSON line:
for each stream in seconds from its first byte sent to the first token and to the end, its tokens, and what went wrong.
"""

import contextlib
import json
import os
import select
import socket
import sys
import time

TAIL = 32  # bytes kept from one read to the next, so that a mark that arrives in two parts is seen


class Stream:
    def __init__(self, plan, number):
        self.calls = [call.encode() for call in plan["calls"][number % len(plan["calls"])]]
        self.token, self.end, self.whole = (plan[mark].encode() for mark in ("token", "end", "whole"))
        self.rounds, self.results = plan["rounds"], []
        self.connection = socket.create_connection(tuple(plan["address"]), 60)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection.setblocking(False)

    def begin(self):
        self.began, self.first, self.tokens, self.step = time.perf_counter(), None, 0, 0
        self.send()

    def send(self):
        self.head, self.tail, self.left, self.ended, self.complete = b"", b"", None, False, False
        if self.connection.send(self.calls[self.step]) != len(self.calls[self.step]):
            raise OSError("the request did not fit the socket's buffer")

    def finish(self, wrong=None):
        self.results.append({"first": self.first, "whole": time.perf_counter() - self.began, "tokens": self.tokens, "wrong": wrong})
        self.rounds -= 1
        if wrong is not None or self.rounds == 0:
            self.connection.close()
            return False
        self.begin()
        return True

    def read(self):
        """Takes what has arrived; False when this stream has nothing more to do."""
        try:
            piece = self.connection.recv(1 << 18)
        except BlockingIOError:
            return True
        except OSError as error:
            return self.finish(str(error))
        if not piece:
            return self.finish("the connection was closed")
        if self.left is None:
            self.head += piece
            at = self.head.find(b"\r\n\r\n")
            if at < 0:
                return True
            head, piece = self.head[:at].lower(), self.head[at + 4:]
            if not head.startswith(b"http/1.1 200"):
                return self.finish((self.head[:60] + piece[:300]).decode(errors="replace"))
            length = head.find(b"\r\ncontent-length:")
            self.left = int(head[length + 17:].split(b"\r\n", 1)[0]) if length >= 0 else -1
        if self.left >= 0:
            self.left -= len(piece)
            whole = self.left <= 0
        else:
            whole = self.count(piece)
        if not whole:
            return True
        if self.step + 1 == len(self.calls):
            return self.finish(None if self.tokens and self.complete else "not a complete answer")
        self.step += 1
        self.send()
        return True

    def count(self, piece):
        both = self.tail + piece
        found = both.count(self.token)
        if found:
            if self.first is None:
                self.first = time.perf_counter() - self.began
            self.tokens += found
        self.ended = self.ended or self.end in both
        self.complete = self.complete or self.whole in both
        # So that no mark is counted twice, what is kept begins behind the last one.
        last = both.rfind(self.token)
        self.tail = both[max(len(both) - TAIL, last + len(self.token) if last >= 0 else 0):]
        return self.ended and both.endswith(b"0\r\n\r\n")


def run(plan):
    streams = {}
    poll = select.epoll()
    for number in range(plan["streams"]):
        stream = Stream(plan, number)
        streams[stream.connection.fileno()] = stream
        poll.register(stream.connection, select.EPOLLIN)
    every = list(streams.values())
    began = time.perf_counter()
    for stream in every:
        stream.begin()
    while streams:
        ready = poll.poll(120)
        if not ready:
            for stream in streams.values():
                stream.finish("nothing came for two minutes")
            break
        for number, _ in ready:
            if not streams[number].read():
                del streams[number]
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "client CPU s": time.process_time(), "results": [one for stream in every for one in stream.results]}


def take_precedence():
    """What is timed here is when a token arrives, not when a client whose processor is taken by what it measures finds the time to look."""
    with contextlib.suppress(OSError):  # without the right to it
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))


if __name__ == "__main__":
    told = json.loads(sys.stdin.readline())
    if told["streams"] == 1:
        take_precedence()
    print(json.dumps(run(told)))
