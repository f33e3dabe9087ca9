"""HTTP as a small client sees it: requests, server-sent events and forms, with the standard library only."""

import contextlib
import http.client
import json
import urllib.parse
import uuid

from programs import PATIENCE


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode()


class Events:
    """A stream of server-sent events: iterate for (event, data) with data decoded from JSON."""

    def __init__(self, connection, response):
        self._connection, self._response = connection, response
        self.status, self.headers = response.status, response.headers

    def __iter__(self):
        name, data = "", []
        for raw in self._response:
            line = raw.decode().rstrip("\r\n")
            if line.startswith("event:"):
                name = line[6:].strip()
            elif line.startswith("data:"):
                data.append(line[5:].lstrip(" "))
            elif not line and data:
                yield name, json.loads("\n".join(data))
                name, data = "", []

    def hang_up(self):
        self._response.close()
        self._connection.close()


class Api:
    """One client of a server; `token` signs its requests."""

    def __init__(self, url, token=None):
        self.url, self.token = url, token
        self._host = urllib.parse.urlsplit(url).netloc

    def _send(self, method, path, body, headers):
        headers = dict(headers or {})
        if self.token:
            headers.setdefault("Authorization", "Bearer " + self.token)
        if body is not None and not isinstance(body, (bytes, str)):
            headers.setdefault("Content-Type", "application/json")
            body = json.dumps(body)
        connection = http.client.HTTPConnection(self._host, timeout=PATIENCE)
        connection.request(method, path, body.encode() if isinstance(body, str) else body, headers)
        return connection, connection.getresponse()

    def request(self, method, path, body=None, headers=None, expect=None):
        connection, response = self._send(method, path, body, headers)
        with contextlib.closing(connection):
            answer = Answer(response)
        if expect is not None:
            assert answer.status == expect, f"{method} {path}: {answer.status} {answer.body[:600]!r}"
        return answer

    def get(self, path, expect=200, **more):
        return self.request("GET", path, expect=expect, **more)

    def post(self, path, body=None, expect=200, **more):
        return self.request("POST", path, body, expect=expect, **more)

    def put(self, path, body=None, expect=200, **more):
        return self.request("PUT", path, body, expect=expect, **more)

    def patch(self, path, body=None, expect=200, **more):
        return self.request("PATCH", path, body, expect=expect, **more)

    def delete(self, path, expect=200, **more):
        return self.request("DELETE", path, expect=expect, **more)

    def form(self, path, fields, expect=200):
        return self.post(path, urllib.parse.urlencode(fields), expect, headers={"Content-Type": "application/x-www-form-urlencoded"})

    def upload(self, path, name, content, media_type="application/octet-stream", expect=200, **fields):
        boundary = "part-" + uuid.uuid4().hex
        body = b""
        for key, value in fields.items():
            body += f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        body += (f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
                 f"Content-Type: {media_type}\r\n\r\n").encode() + content + f"\r\n--{boundary}--\r\n".encode()
        return self.post(path, body, expect, headers={"Content-Type": f"multipart/form-data; boundary={boundary}"})

    def follow(self, path):
        return Events(*self._send("GET", path, None, {"Accept": "text/event-stream"}))

    def stream(self, path, body):
        connection, response = self._send("POST", path, body, {"Accept": "text/event-stream"})
        return Events(connection, response)


def register(url, name=None, password="correct horse battery"):
    """A new member, signed in."""
    name = name or "user" + uuid.uuid4().hex[:12]
    tokens = Api(url).post("/api/auth/register", {"email": f"{name}@example.org", "username": name, "password": password}, 201).json
    api = Api(url, tokens["access_token"])
    api.name, api.password, api.tokens = name, password, tokens
    return api
