"""Search and ask on 100,000 passages, by words and by words and meaning, beside SQLite's FTS5 from Python."""

import contextlib
import json
import sqlite3
import subprocess
import time
import urllib.parse

import process
import programs
from measures import corpus, small_application

TITLE = "Search and ask on 100,000 passages"
GOALS = []  # shown, with where the time goes
DRAW = ["search p50 ms", "search p99 ms"]
PASSAGES, PER_DOCUMENT = 100_000, 500  # of about 830 bytes
WITH_LOCAL_VECTORS = 1_500  # one costs tens of milliseconds of CPU
SEARCH_STEPS, INDEX_PARTS = "slipway_search_step_duration_seconds", "slipway_index_search_duration_seconds"


def write_texts(folder, passages, per_document=PER_DOCUMENT):
    folder.mkdir()
    prose = corpus.Prose(5)
    for number in range(max(1, passages // per_document)):
        (folder / f"{number}.md").write_text(prose.document(830 * per_document))
    return folder


def questions(count):
    prose = corpus.Prose(6)
    return [prose.question() for _ in range(count)]


def ask_each(server, calls):
    """One client, one after the other: waits in ms, and CPU of the server for each."""
    waits, cpu = [], process.cpu_seconds(server.process.pid)
    for call in calls:
        began = time.perf_counter()
        call()
        waits.append((time.perf_counter() - began) * 1000)
    return waits, (process.cpu_seconds(server.process.pid) - cpu) * 1000 / len(waits)


def told(name, waits, cpu):
    return {f"{name} p50 ms": round(process.median(waits), 2), f"{name} p99 ms": round(process.percentile(waits, 99), 2),
            f"{name} CPU ms": round(cpu, 2)}


def steps(client, before):
    """Where the time of one search went on average, by the histograms of /metrics."""
    parts = {}
    for metric, label, prefix in ((SEARCH_STEPS, "step", ""), (INDEX_PARTS, "part", "index: ")):
        for name, (total, count) in small_application.sums(client, metric, label).items():
            old_total, old_count = before.get(prefix + name, (0, 0))
            if count > old_count:
                parts[f"of a search, {prefix}{name} ms"] = round((total - old_total) / (count - old_count) * 1000, 2)
    return parts


def counted(client):
    both = [(SEARCH_STEPS, "step", ""), (INDEX_PARTS, "part", "index: ")]
    return {prefix + name: pair for metric, label, prefix in both for name, pair in small_application.sums(client, metric, label).items()}


def one_side(context, name, texts, embedding, environment, asked):
    folder = context.folder / name
    application = small_application.write(folder / "application", embedding)
    began = time.perf_counter()
    small_application.ingest(context.binary, application, texts, folder / "data", environment)
    filled = time.perf_counter() - began
    with programs.Server(application, folder / "data", **environment) as server:
        client = small_application.member(server.url)

        def search(question):
            return lambda: client.call("GET", "/api/search?limit=10&" + urllib.parse.urlencode({"q": question}))

        def ask(question):
            return lambda: client.call("POST", "/api/chats/new/messages", json.dumps({"content": question}))

        for question in asked[:20]:
            search(question)()
        before = counted(client)
        report = told("search", *ask_each(server, [search(question) for question in asked]))
        report |= steps(client, before)
        report |= told("ask", *ask_each(server, [ask(question) for question in asked[:len(asked) // 4]]))
        report["RSS MB after"] = round(process.memory_kb(server.process.pid)["rss"] / 1024, 1)
    report["passages"] = passages_in(folder / "data/database.sqlite")
    report["taking them in s"] = round(filled, 1)
    context.say(f"{name}: {report['passages']} passages, search p50 {report['search p50 ms']} ms, ask p50 {report['ask p50 ms']} ms")
    return report


def passages_in(database):
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return connection.execute("select count(*) from document_chunks").fetchone()[0]


def fts5(context, asked):
    """The very passages of the first side, as they stand in its database."""
    passages, file = context.folder / "passages.jsonl", context.folder / "questions.jsonl"
    with contextlib.closing(sqlite3.connect(context.folder / "words/data/database.sqlite")) as connection, passages.open("w") as out:
        for (text,) in connection.execute("select text from document_chunks"):
            out.write(json.dumps(text) + "\n")
    file.write_text("".join(json.dumps(question) + "\n" for question in asked))
    command = ["/usr/bin/python3", process.ROOT / "bench/peers/sqlite_fts5.py", context.folder / "fts5.sqlite", passages, file]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True, env=process.python_environment())
    report = json.loads(done.stdout)
    return told("search", report["waits"], report["cpu"] * 1000 / len(report["waits"])) | {
        "RSS MB after": round(report["memory_mb"], 1), "taking them in s": round(report["filled s"], 1)}


def measure(context):
    asked = questions(context.scaled(400, 40))
    texts = write_texts(context.folder / "texts", context.scaled(PASSAGES, 500))
    few = write_texts(context.folder / "few", context.scaled(WITH_LOCAL_VECTORS, 50), 50)
    plain = {"LANG": "C.UTF-8"} | programs.clean_environment()
    sides = {"slipway": one_side(context, "words", texts, small_application.WORDS, plain, asked), "SQLite FTS5": fts5(context, asked)}
    provider = [context.binary.parent / "scripted-provider", "--dimension", "384"]
    with process.running(provider, stdout=subprocess.PIPE, text=True) as scripted:
        url = scripted.stdout.readline().split()[-1]
        sides["slipway, words and vectors"] = one_side(context, "vectors", texts, small_application.SCRIPTED,
                                                       plain | {"OPENAI_BASE_URL": url + "/v1", "OPENAI_API_KEY": "sk-bench"}, asked)
    sides["slipway, few passages, built-in embeddings"] = one_side(context, "built-in", few, small_application.LOCAL, plain, asked[:100])
    return sides | {
        "ratios": {"search p50, FTS5 / ours by words": round(sides["SQLite FTS5"]["search p50 ms"] / sides["slipway"]["search p50 ms"], 2)},
        "notes": f"{len(asked)} questions of two to four words that passages have, ten results each, one client over HTTP, one after the other; "
                 f"'ask' is a whole answer of the local model (a quarter of the questions), stored. Steps are means of /metrics. FTS5 in one "
                 "Python process, without HTTP and without a check of who may see what. Vectors of 384 dimensions: for 100,000 passages they "
                 "come from tools/scripted-provider (a hash of the words, over HTTP), as those of the built-in model would take too long to "
                 "make; that model is measured on few passages. The vectors are compared exactly, those that bytes in memory say may be near (vector_codes.h)."}
