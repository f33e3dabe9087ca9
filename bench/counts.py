"""Repeatable counts: instructions that one request, one streamed token and one search cost, by callgrind.

    make counts                          compares with bench/counts.json; fails where one differs by more than the tolerance
    python3 bench/counts.py --write      measures and writes the file; do so in the commit that changes a figure, and say why

Each count is the difference of two runs of the whole server, with N and with 2 N operations, divided by N; so starting, stopping and
what happens once fall out. Wall time, other processes and the frequency of the processor do not matter; the compiler and, a little, the
processor do (libraries choose by what it can), so the file names both.
"""

import contextlib
import http.client
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import process  # noqa: E402, I001 -- it says where the others are
import http_api  # noqa: E402
import programs  # noqa: E402
from measures import chat  # noqa: E402

FILE = process.ROOT / "bench/counts.json"
TOLERANCE = 0.05
PACE_MS = 15  # between tokens, so that each comes alone also where callgrind makes the server fifty times slower
WRAPPER = """#!/bin/sh
exec valgrind --tool=callgrind --callgrind-out-file={out} {binary} "$@"
"""


def connection_to(server):
    return http.client.HTTPConnection(urllib.parse.urlsplit(server.url).netloc, timeout=programs.PATIENCE)


def ask(connection, method, path, body=None, **headers):
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status} {text[:300]!r}")
    return text


def requests(server, _, count):
    connection = connection_to(server)
    for _ in range(count):
        ask(connection, "GET", "/health")


def searches(server, token, count):
    connection = connection_to(server)
    for number in range(count):
        question = chat.QUESTIONS[number % 10]
        ask(connection, "GET", "/api/search?" + urllib.parse.urlencode({"q": question}), Authorization="Bearer " + token)


def tokens(server, token, count):
    answer = ask(connection_to(server), "POST", "/api/chats/new/messages", json.dumps({"content": f"Should I save {count}?"}),
                 **{"Authorization": "Bearer " + token, "Content-Type": "application/json", "Accept": "text/event-stream"})
    if b'"status":"complete"' not in answer:
        raise RuntimeError(f"not answered: {answer[-300:]!r}")


def paced_rules(counts):
    path = "/chat/completions"
    route = json.dumps({"intent": "question", "confidence": 0.9, "namespaces": ["money"]})
    return [{"when": {"path": path, "stream": False}, "answer": route}] + [
        {"when": {"path": path, "contains": f"Should I save {count}?"}, "answer": chat.answer_of(count),
         "chunk_size": chat.TOKEN_CHARACTERS, "chunk_delay_ms": PACE_MS} for count in counts]


# What is counted: its operations, N, and whether a provider of models stands beside.
COUNTS = {"GET /health": (requests, 400, False), "one streamed token": (tokens, 150, True), "one search": (searches, 10, False)}


BINARY, TOKENS = programs.BINARY, {}


def instructions(work, count, data, environment, folder):
    """The instructions of a whole server that does this work `count` times."""
    out, wrapper = folder / "callgrind.out", folder / "wrapped"
    wrapper.write_text(WRAPPER.format(out=out, binary=BINARY))
    wrapper.chmod(0o755)
    copy = folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(data, copy, ignore=shutil.ignore_patterns("*.socket"))
    programs.BINARY = wrapper
    try:
        with programs.Server(programs.WWHD, copy, "--no-watch", LOG_LEVEL="info", **environment) as server:
            server.wait_for_documents()
            work(server, TOKENS.get(str(data)), count)
    finally:
        programs.BINARY = BINARY
    return int(re.search(r"^(?:summary|totals): (\d+)", out.read_text(), re.MULTILINE)[1])


def prepared(folder, environment):
    """Data with the documents read in and a user, made at full speed."""
    data = folder / "data"
    with programs.Server(programs.WWHD, data, "--no-watch", **environment) as server:
        server.wait_for_documents()
        TOKENS[str(data)] = http_api.register(server.url).token
    return data


def measure(folder):
    counted = {}
    for name, (work, count, with_provider) in COUNTS.items():
        room = folder / work.__name__
        room.mkdir()
        with contextlib.ExitStack() as stack:
            environment = {}
            if with_provider:
                environment = stack.enter_context(programs.Provider(room, paced_rules((count, 2 * count)))).environment()
            data = prepared(room, environment)
            once, twice = (instructions(work, times * count, data, environment, room) for times in (1, 2))
        counted[name] = round((twice - once) / count)
        print(f"{name}: {counted[name]:,} instructions ({count} and {2 * count})", flush=True)
    return counted


def described():
    version = subprocess.run(["valgrind", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    compiler = subprocess.run(["clang++-19", "--version"], capture_output=True, text=True, check=False).stdout.splitlines()[:1]
    processor = next(line.split(":")[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line)
    return {"valgrind": version, "compiler": "".join(compiler), "processor": processor}


def main(arguments):
    with tempfile.TemporaryDirectory(prefix="counts-", ignore_cleanup_errors=True) as folder:
        counted = measure(pathlib.Path(folder))
    if "--write" in arguments:
        FILE.write_text(json.dumps(described() | {"tolerance": TOLERANCE, "instructions": counted}, indent=2) + "\n")
        return 0
    known = json.loads(FILE.read_text())
    if (here := described()) != {name: known[name] for name in here}:
        print(f"These were counted with {known['valgrind']}, {known['compiler']}, {known['processor']}; here it is {here}")
    changed = 0
    for name, before in known["instructions"].items():
        change = counted[name] / before - 1
        off = abs(change) > known["tolerance"]
        changed += off
        print(f"{name}: {before:,} before, {counted[name]:,} now ({change:+.1%}){'  CHANGED' if off else ''}")
    if changed:
        print("Costs have changed. If that is meant: python3 bench/counts.py --write, and say why in the commit.")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
