"""Clients that hear what happens, each on a thread of its own: over server-sent events and over a WebSocket."""

import asyncio
import contextlib
import json
import queue
import threading
import time

import websockets

from programs import PATIENCE


class Listener:
    """What came so far is in `all`; `ended` says how it ended once it has."""

    def __init__(self):
        self.all, self.ended = [], None
        self._arrived, self._passed_over = queue.Queue(), []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            self.ended = self._listen()
        except Exception as error:  # pylint: disable=broad-except
            self.ended = repr(error)
        self._arrived.put(None)

    def _came(self, event):
        self.all.append(event)
        self._arrived.put(event)

    def wait_for(self, **wanted):
        """The first event with these fields that nobody has waited for yet: what different parts of a server tell has no order."""
        end = time.monotonic() + PATIENCE
        for event in self._passed_over:
            if all(event.get(key) == value for key, value in wanted.items()):
                self._passed_over.remove(event)
                return event
        while True:
            try:
                event = self._arrived.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"{wanted} did not come, but {self.all[-20:]}") from None
            assert event is not None, f"ended ({self.ended}) without {wanted}: {self.all[-20:]}"
            if all(event.get(key) == value for key, value in wanted.items()):
                return event
            self._passed_over.append(event)

    def wait_for_end(self):
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), f"it goes on: {self.all[-5:]}"
        return self.ended


class EventListener(Listener):
    """GET /api/events, or a stream of the application."""

    def __init__(self, api, path="/api/events"):
        self._stream = api.follow(path)
        assert self._stream.status == 200, self._stream.status
        super().__init__()

    def _listen(self):
        for name, event in self._stream:
            if name:
                assert event.get("type", name) == name
            self._came(event)
        return "ended"

    def close(self):
        with contextlib.suppress(OSError):
            self._stream.hang_up()


class SocketListener(Listener):
    """/api/ws with a subscription, or a WebSocket of the application with what is sent first."""

    def __init__(self, api, path="/api/ws", first=None):
        self._url = "ws" + api.url.removeprefix("http") + path
        self._headers = {"Authorization": "Bearer " + api.token}
        self._first = first if first is not None else [{"type": "auth", "token": api.token}, {"type": "subscribe"}]
        super().__init__()

    def _listen(self):
        return asyncio.run(self._hear())

    async def _hear(self):
        async with websockets.connect(self._url, extra_headers=self._headers, open_timeout=PATIENCE, ping_interval=None) as channel:
            for message in self._first:
                await channel.send(message if isinstance(message, str) else json.dumps(message))
            try:
                while True:
                    self._came(json.loads(await channel.recv()))
            except websockets.ConnectionClosed as closed:
                return f"{closed.code} {closed.reason}"
