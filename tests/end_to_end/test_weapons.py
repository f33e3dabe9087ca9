"""Documents as weapons: the server stays up and answers others meanwhile, its memory is bounded, and whoever sent the document
learns in a sentence why it was not read."""

import concurrent.futures
import os
import pathlib
import pty
import re
import signal
import subprocess
import threading
import time

import pytest

import weapons
from http_api import Api, register
from programs import BINARY, PATIENCE, Server, clean_environment, eventually, run_cli

MEGABYTE = 1 << 20
# With the address sanitizer, freed memory stays for a while, and everything is two to three times as large.
MEMORY_MAX = 3000 * MEGABYTE if b"__asan_init" in BINARY.read_bytes() else 700 * MEGABYTE


def resident(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def children(pid):
    return [int(child) for task in pathlib.Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]


class Witness:
    """Somebody else, who asks the whole time; and how much memory the server has meanwhile."""

    def __init__(self, server):
        self._server, self._user, self._ended = server, register(server.url), threading.Event()
        self.answers, self.resident_max, self._fault = 0, 0, None
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self):
        try:
            while not self._ended.is_set():
                self._user.get("/health")
                self._user.get("/api/search?q=how+do+I+add+a+document")
                self.answers += 1
                self.resident_max = max(self.resident_max, resident(self._server.process.pid))
                self._ended.wait(0.05)
        except Exception as fault:  # told by the test, which runs in another thread
            self._fault = fault

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join(PATIENCE)
        if self._fault:
            raise self._fault


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A server of a new application that searches by words only and takes large uploads; weapons lie among its documents."""
    folder = tmp_path_factory.mktemp("weapons")
    run_cli("new", "armour", folder=folder)
    application = folder / "armour"
    manifest = (application / "app.yaml").read_text()
    manifest = re.sub(r"  embedding:.*\n", "  upload_bytes_max: 48MB\n", manifest)
    (application / "app.yaml").write_text(manifest)
    docs = application / "docs"
    (docs / "laughs.docx").write_bytes(weapons.billion_laughs())
    (docs / "pages.pdf").write_bytes(weapons.endless_pages())
    (docs / "deep.html").write_bytes(b"<div>" * 100_000)
    (docs / "broken.md").write_text("# Broken\n\nThe sidecar of this one is no description.\n")
    (docs / "broken.md.meta.yaml").write_text("{{{")
    (docs / "aliases.md").write_text("# Aliases\n\nThe sidecar of this one is a bomb.\n")
    (docs / "aliases.md.meta.yaml").write_bytes(weapons.alias_bomb())
    with (docs / "large.md").open("wb") as large:
        large.truncate(60 * MEGABYTE)
    with Server(application, folder / "data") as server:
        server.wait_for_documents()
        yield server


def test_weapons_in_the_folder_are_failed_documents_with_a_reason(place):
    user = register(place.url)
    documents = {document["source"]: document for document in user.get("/api/documents").json["documents"]}
    for name in ("laughs.docx", "pages.pdf", "deep.html", "broken.md", "large.md"):
        assert documents[name]["status"] == "failed", documents[name]
        assert name in documents[name]["reason"] and documents[name]["reason"].endswith("."), documents[name]
    aliases = documents["aliases.md"]
    assert aliases["status"] == "indexed" and len(str(aliases["metadata"])) < 2000, "an alias is only a text"


def test_uploaded_weapons_are_refused_with_a_reason_and_others_are_served(place):
    user = register(place.url)
    before = user.get("/api/documents").json["total"]
    with Witness(place) as witness:
        for name, content, reasons in weapons.all_weapons():
            refused = user.upload("/api/documents", name, content, expect=400).json["error"]
            assert refused["details"]["reason"] in reasons, (name, refused)
            assert name in refused["message"] and refused["message"].endswith("."), refused
        asked = witness.answers
    print(f"resident at most {witness.resident_max / MEGABYTE:.0f} MB")
    assert asked > 0 and user.get("/api/documents").json["total"] == before
    assert witness.resident_max < MEMORY_MAX, f"{witness.resident_max / MEGABYTE:.0f} MB"


def test_a_page_with_nothing_but_a_soft_hyphen_is_read(place):
    user = register(place.url)
    made = user.upload("/api/documents", "hyphen.pdf", weapons.soft_hyphen_pdf(), "application/pdf", 201).json
    assert "goes on" in user.get(f"/api/documents/{made['id']}").json["content"]
    user.delete(f"/api/documents/{made['id']}", 204)


def test_a_single_line_of_many_megabytes_is_read_or_refused(place):
    user = register(place.url)
    line = b"endless words without an end " * (8 * MEGABYTE // 29)
    with Witness(place) as witness:
        made = user.upload("/api/documents", "line.md", line, "text/markdown", 201).json
        assert made["status"] == "indexed" and made["chunks"] > 1000
        user.delete(f"/api/documents/{made['id']}", 204)
        refused = user.upload("/api/documents", "long.txt", b"x" * (40 * MEGABYTE), expect=400).json["error"]
        assert refused["details"]["reason"] == "too_large" and "long.txt" in refused["message"]
        user.upload("/api/documents", "longer.txt", b"x" * (50 * MEGABYTE), expect=413)
    assert witness.resident_max < MEMORY_MAX, f"{witness.resident_max / MEGABYTE:.0f} MB"


def test_documents_that_take_for_ever_hold_up_nobody_else(place):
    """More of them than there are threads that read. Passwords, questions and files of others have threads of their own."""
    senders = [register(place.url) for _ in range(6)]
    with concurrent.futures.ThreadPoolExecutor() as threads:
        bomb = weapons.spinning_pdf()
        uploads = [threads.submit(sender.upload, "/api/documents", f"spin{number}.pdf", bomb, "application/pdf", None)
                   for number, sender in enumerate(senders)]
        eventually(lambda: len(children(place.process.pid)) >= 2)
        other = register(place.url)
        Api(place.url).post("/api/auth/login", {"name": other.name, "password": other.password})
        assert other.get("/api/search?q=document").json["results"]
        assert other.post("/api/chats/new/messages", {"content": "How do I add a document?"}).json["content"]
        running = children(place.process.pid)
        assert running and not any(upload.done() for upload in uploads), "they were reading all the time"
        # A minute is theirs; what the test knows by now it need not wait for.
        while not all(upload.done() for upload in uploads):
            for child in children(place.process.pid):
                os.kill(child, signal.SIGKILL)
            time.sleep(0.1)
        for upload in uploads:
            assert upload.result().status == 400 and upload.result().json["error"]["details"]["reason"] == "broken"


def test_deep_json_and_odd_names_do_no_harm(place):
    user = register(place.url)
    deep = '{"title": "x", "content": "y", "metadata": ' + '{"a":' * 50_000 + "1" + "}" * 50_000 + "}"
    assert user.post("/api/documents", deep, 400, headers={"Content-Type": "application/json"}).json["error"]["code"] == "invalid"
    nested = '{"a":' * 20 + "[]" + "}" * 20
    user.upload("/api/documents", "nested.md", b"# Nested\n\nwords", expect=None, metadata=nested)
    data = place.data.resolve()
    outside = {path for path in data.parent.rglob("*") if data not in path.parents}
    names = ("../../../escape.md", "..\\..\\escape.md", "/etc/escape.md", "a\x1b]0;title\x07b.md", "tab\tname.md", "\u202egnp.md",
             "a" * 255 + ".md", "CON.md", "%2e%2e%2fescape.md", "..", "x\u0085y.md")
    for name in names:
        made = user.upload("/api/documents", name, b"# Escape\n\nNames are only names.", expect=None)
        assert made.status in (200, 201, 400), (name, made.body)
        if made.status == 400:
            continue
        served = Api(place.url).get(made.json["url"])
        assert re.fullmatch(r"\w+; filename\*=UTF-8''[\w.~%-]+", served.headers["Content-Disposition"])
        user.delete(f"/api/documents/{made.json['id']}", 204)
    assert {path for path in data.parent.rglob("*") if data not in path.parents} == outside, "nothing lies outside the data"


def test_the_log_on_a_terminal_shows_no_control_characters_of_a_request(tmp_path, small_application):
    """What a client writes must not move the cursor, set the title of the window or forge a line."""
    ours, theirs = pty.openpty()
    command = [str(BINARY), "serve", str(small_application), "--port", "0", "--data", str(tmp_path / "data")]
    process = subprocess.Popen(command, cwd=tmp_path, env=clean_environment(), stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    seen = b""
    try:
        while b"/escape" not in seen or not seen.endswith(b"\n"):
            seen += os.read(ours, 65536)
            url = re.search(rb"http://127\.0\.0\.1:\d+", seen)
            if url and b"documents up to date" in seen and b"/escape" not in seen:
                Api(url.group().decode()).get("/escape%1B%5D0;owned%07%C2%9B2J%0Aforged", 404)
        line = next(line for line in seen.split(b"\n") if b"/escape" in line)
        assert b"\x1b]0;" not in line and b"\x07" not in line and b"\xc2\x9b" not in line and b"forged" in line, line
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        os.close(ours)
