"""What a client can put into bodies, paths, queries and headers: a clear 4xx or the right answer, never a 5xx, never another
header, never a file that is not meant."""

import json
import re
import urllib.parse

import pytest

from http_api import Api, register
from test_framing import request_lines
from wire import Wire

DEEP = 100_000


@pytest.fixture(scope="module")
def member(small):
    return register(small.url)


def refused(answer, *statuses):
    assert answer.status in (statuses or (400,)), (answer.status, answer.body[:300])
    error = answer.json["error"]
    assert re.fullmatch("[a-z_]+", error["code"]) and error["message"] and error["request_id"] == answer.headers["X-Request-Id"]
    return error


def as_json(body):
    return {"body": body, "headers": {"Content-Type": "application/json"}}


@pytest.mark.parametrize("body", [
    b'{"title": "\xff\xfe"}', b'{"title": "\xc0\xaf"}', b'{"title": "\xed\xa0\x80"}', b'{"\xff": 1}', b'{"title": "\\ud800"}', b'{"title": "a\x00b"}',
    b"\xef\xbb\xbf{}", b"{", b"{}{}", b'{"title": 1e999}', b'{"title": ' + b"9" * 400 + b"e9999}", b"[]", b"null", b'"title"', b"NaN", b'{"title": }',
    b'{"title": "a", }', b"{'title': 'a'}", b'{"title": ["a"]}', b'{"title": {"a": 1}}', b"[" * DEEP, b'{"a":' * DEEP, b"[" * DEEP + b"]" * DEEP,
    b'{"a": ' + b"[" * 500 + b"]" * 500 + b"}", b"<xml/>", b"title=a", b"\x00"], ids=lambda body: repr(body[:24]))
def test_bodies_that_are_no_json_of_ours(member, body):
    for path in ("/api/chats", "/api/auth/login", "/api/documents"):
        refused(member.request("POST", path, **as_json(body)), 400, 413)
    assert member.request("POST", "/api/v1/chat", **as_json(body)).status in (400, 413, 422)


def test_the_size_of_a_body_has_its_limit(member):
    refused(member.request("POST", "/api/chats/new/messages", **as_json(b'{"content": "' + b"x" * 200_000 + b'"}')), 413)
    refused(member.request("POST", "/api/chats/new/messages", **as_json(b'{"content": "' + b"x" * 100_000 + b'"}')))
    refused(member.request("POST", "/api/chats", **as_json(b" " * 2_000_000 + b"{}")), 413)
    assert member.request("POST", "/api/chats", **as_json(b"{" + b",".join(b'"k%d": 0' % number for number in range(60_000)) + b"}")).status == 201


def test_unknown_fields_are_ignored_and_of_two_the_last_counts(member):
    """As the OpenAPI document says: objects without "additionalProperties": false."""
    made = member.request("POST", "/api/chats", **as_json(b'{"title": "first", "nonsense": {"a": [1]}, "title": "last", "id": "mine", "number": 0}'))
    assert made.status == 201 and made.json["title"] == "last" and made.json["id"] != "mine" and made.json["number"] > 0
    assert register(member.url).get(f"/api/chats/{made.json['id']}", 404)
    for field in ({"role": "admin"}, {"active": True}, {"workspace": "other"}):
        name = "unknown" + next(iter(field))
        tokens = Api(member.url).post("/api/auth/register", {"email": f"{name}@example.org", "username": name, "password": "a long password",
                                                             **field}, 201).json
        assert tokens["user"]["role"] == "member"


def test_texts_with_nul_and_controls_come_back_as_they_were_or_are_refused(member):
    for text in ("a\0b", "\x01\x1b[31mred", "\u202egnp.exe", "x" * 70, "\U0001f600" * 10, "a\r\nSet-Cookie: a=b"):
        made = member.post("/api/chats", {"title": text}, None)
        assert made.status == 400 or made.json["title"] in (text, text[:60]) or made.json["title"] == " ".join(text.split()), made.body
        said = member.post("/api/chats/new/messages", {"content": text}, None)
        assert said.status in (200, 400), said.body
        assert Api(member.url).post("/api/auth/login", {"name": text, "password": text}, None).status in (400, 401)
        found = member.get("/api/search?q=" + urllib.parse.quote(text), None)
        assert found.status in (200, 400)


@pytest.mark.parametrize("query", ["limit=-1", "limit=1e3", "limit=99999999999999999999", "limit=0x10", "limit=%00", "offset=%ff", "limit=%", "%=1", "limit=1%zz"])
def test_queries_that_are_no_numbers(member, query):
    refused(member.get("/api/chats?" + query, None))


TRICKS = ["/../etc/passwd", "/a/../../etc/passwd", "/%2e%2e/etc/passwd", "/%2e%2e%2fetc%2fpasswd", "/..%2fetc/passwd", "/%252e%252e/etc/passwd", "/..%c0%af",
          "/....//etc/passwd", "/..\\..\\etc\\passwd", "/..%5c..%5cetc%5cpasswd", "//etc/passwd", "///etc///passwd", "/.%00./etc/passwd", "/etc/passwd%00.css",
          "/./././etc/passwd", "/%2fetc/passwd", "/file:///etc/passwd", "/..;/etc/passwd", "/%u002e%u002e/etc/passwd", "/\xe0\x80\xae./etc/passwd"]


@pytest.mark.parametrize("trick", TRICKS)
def test_path_tricks_lead_nowhere(small, member, trick):
    for before in ("", "/page.css", "/objects", "/objects/wwhd", "/api/documents", "/api/chats", "/api/v1/documents", "/_operator"):
        with Wire(small.url) as wire:
            wire.send(f"GET {before}{trick}?expires=9999999999&signature=00 HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {member.token}\r\n\r\n".encode("latin-1"))
            status, _, body = wire.answer()
        assert status in (400, 401, 403, 404, 405) and b"root:" not in body, (before + trick, status, body[:200])


def test_dots_that_stay_inside_are_only_another_way_to_write_it(member):
    assert member.get("/api/x/../chats").status == 200 and member.get("/./api/%2e/chats").status == 200
    member.get("/API/chats", 404)
    member.get("//api/chats", 404)


@pytest.mark.parametrize("name", ["a\r\nX-Injected: yes", 'a"; filename="b', "..\\..\\etc\\passwd", "../../etc/passwd", "a\0b.md", "\u202etxt.md", "a\x7f\x1b.md", "x" * 4000,
                                  "\xff\xfe.md"])
def test_file_names_inject_no_header(member, name):
    raw = name.encode("latin-1") if name.isascii() or name.startswith("\xff") else name.encode()
    body = (b'--p\r\nContent-Disposition: form-data; name="namespace"\r\n\r\ngeneral\r\n--p\r\nContent-Disposition: form-data; name="file"; filename="'
            + raw.replace(b"\r\n", b"%0d%0a") + b'"\r\nContent-Type: text/plain; x="\x01"\r\n\r\n# Notes ' + repr(name).encode() + b"\r\n--p--\r\n")
    made = member.request("POST", "/api/documents", body, {"Content-Type": "multipart/form-data; boundary=p"})
    if made.status >= 300:
        refused(made, 400, 415, 422)
        return
    file = member.get(f"/api/documents/{made.json['id']}/file")
    assert "X-Injected" not in file.headers and len(file.headers.get_all("Content-Disposition")) == 1
    assert re.fullmatch(r"(inline|attachment); filename\*=UTF-8''[A-Za-z0-9._~%-]*", file.headers["Content-Disposition"])
    assert re.fullmatch(r"[\x20-\x7e]+", file.headers["Content-Type"])
    member.delete(f"/api/documents/{made.json['id']}", 204)


@pytest.mark.parametrize("header", [
    b"X-Request-Id: a b", b"X-Request-Id: \xff", b"X-Request-Id: " + b"a" * 65, b"X-Request-Id: <script>", b"Origin: http://localhost:3000\xff", b"Origin: null",
    b"Origin: http://localhost:3000.example.org", b"Authorization: Bearer \xff\xfe", b"Authorization: Basic YTpi", b"Authorization: Bearer a.b.c", b"Authorization: Bearer",
    b"Accept: \xff", b"Accept-Encoding: gzip;q=\xff", b"If-None-Match: \xff", b"Range: bytes=0-,1-,2-", b"Range: bytes=99999999999999999999-", b"Cookie: \x80=\x81",
    b"User-Agent: \xf0\x28\x8c\x28", b"X-Forwarded-For: \xff, 10.0.0.1", b"Content-Type: \xff"])
def test_header_values_of_any_bytes(small, header):
    for path in ("/health", "/api/chats", "/page.css", "/api/v1/chats"):
        with Wire(small.url) as wire:
            wire.send(f"GET {path} HTTP/1.1\r\nHost: h\r\n".encode() + header + b"\r\n\r\n")
            status, headers, _ = wire.answer()
        assert status in (200, 206, 401), (path, status)
        assert re.fullmatch("[A-Za-z0-9._-]{1,64}", headers["x-request-id"])
        assert "access-control-allow-origin" not in headers


def test_a_preflight_repeats_only_names(small):
    with Wire(small.url) as wire:
        wire.send(b"OPTIONS /api/chats HTTP/1.1\r\nHost: h\r\nOrigin: http://localhost:3000\r\nAccess-Control-Request-Method: POST\r\n"
                  b"Access-Control-Request-Headers: a\xff; b=<c>\r\n\r\n")
        status, headers, _ = wire.answer()
    assert status == 204 and headers["access-control-allow-origin"] == "http://localhost:3000" and "access-control-allow-headers" not in headers


def test_the_log_stays_readable(small):
    """Runs last: whatever was sent, each line is one JSON object, and nothing of it was an error of ours."""
    lines = [json.loads(line) for line in list(small.log.all)]
    assert not [line for line in lines if line["level"] == "error"]
    assert all(line["status"] < 500 or line["status"] == 501 for line in request_lines(small, 0))
