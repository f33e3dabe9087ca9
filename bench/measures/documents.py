"""Documents from their text to durable and searchable, beside the original's way."""

import json
import subprocess
import time

import process
import programs
import slow_flush
from measures import corpus, disk, small_application

TITLE = "Registration of documents"
SLOW = (2, 6)  # milliseconds
DISKS = {"": "on the disk as it is"} | {f", flush of {each} ms": f"where a flush takes {each} ms" for each in SLOW}
GOALS = [(f"one client that ingests a folder, ours / the original's way, {where}", "ingest of a folder" + after, ">=", 20)
         for after, where in DISKS.items()] + [
    ("one client over HTTP, one after the other, on the disk as it is", "one client over HTTP", ">=", 20)]
DRAW = ["documents per second" + after for after in DISKS] + ["CPU ms per document"]
COUNT = 2_000


def texts(count):
    """Titles and contents, the same in each run. Titles repeat, so each has a name of its own."""
    return [{"source": f"{number}.md", "title": text.split("\n", 1)[0][2:], "content": text}
            for number, text in enumerate(corpus.Prose(4).documents(count))]


def figures(count, size, seconds, cpu, memory):
    return {"documents per second": round(count / seconds, 1), "MB of text per second": round(size / 1e6 / seconds, 3),
            "ms per document": round(seconds / count * 1000, 3), "CPU ms per document": round(cpu / count * 1000, 3),
            "CPU ms per MB": round(cpu / (size / 1e6) * 1000, 1), "RSS MB, most": round(memory, 1)}


def over_http(context, documents, place, environment):
    """One client, one connection, the next document after the answer for the one before."""
    application = small_application.write(context.folder / place / "http/application")
    with programs.Server(application, context.folder / place / "http/data", **environment) as server:
        client = small_application.member(server.url)
        bodies = [json.dumps(document | {"namespace": "general"}).encode() for document in documents]
        cpu, began = process.cpu_seconds(server.process.pid), time.perf_counter()
        for body in bodies:
            client.call("POST", "/api/documents", body)
        seconds, cpu = time.perf_counter() - began, process.cpu_seconds(server.process.pid) - cpu
        there = json.loads(client.call("GET", "/api/documents?limit=1"))["total"]
        if there != len(documents):
            raise RuntimeError(f"{len(documents)} documents were acknowledged, {there} are there")
        return seconds, cpu, small_application.memory_most_mb(server.process.pid)


def by_command(context, documents, place, environment):
    """`slipway ingest` of a folder: up to 256 documents at once, each durable by itself. The start of the program counts, its first tables
    do not."""
    application = small_application.write(context.folder / place / "command/application")
    folder, first = context.folder / place / "command/texts", context.folder / place / "command/first.md"
    folder.mkdir()
    for number, document in enumerate(documents):
        (folder / f"{number}.md").write_text(document["content"])
    first.write_text("# The first\n\nIt makes the tables, as the other side does before it counts.\n")

    def ingest(what):
        return small_application.ingest(context.binary, application, what, context.folder / place / "command/data",
                                        programs.clean_environment() | environment)
    ingest(first)
    began = time.perf_counter()
    told, usage = ingest(folder)
    seconds = time.perf_counter() - began
    if f"{len(documents)} added" not in told:
        raise RuntimeError(told)
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def original(context, file, place, environment, *how):
    database = context.folder / place / f"{'-'.join(how)}.sqlite"
    command = ["/usr/bin/python3", process.ROOT / "bench/peers/langchain_register.py", database, file, *how]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True,
                          env=process.python_environment() | environment)
    report = json.loads(done.stdout)
    return report["seconds"], report["cpu"], report["memory_mb"]


def on_disk(context, documents, slow=None):
    """Every side on one disk."""
    after, environment = (f", flush of {slow.milliseconds} ms", slow.environment) if slow else ("", {})
    place = f"flush-{slow.milliseconds}" if slow else "as-it-is"
    file = context.folder / place / "texts.jsonl"
    file.parent.mkdir()
    file.write_text("".join(json.dumps(document) + "\n" for document in documents))
    count, size = len(documents), sum(len(document["content"].encode()) for document in documents)
    sides = {}
    for name, run in (("slipway", lambda: over_http(context, documents, place, environment)),
                      ("slipway ingest", lambda: by_command(context, documents, place, environment)),
                      ("original's way", lambda: original(context, file, place, environment, "rollback")),
                      ("original's way, write-ahead log", lambda: original(context, file, place, environment, "wal")),
                      ("original's way, with an index of words", lambda: original(context, file, place, environment, "rollback", "words"))):
        sides[name] = figures(count, size, *run())
        context.say(f"{name}{after}: {sides[name]['ms per document']} ms a document")
        if slow:
            sides[name]["flushes per document"] = round(slow.flushes()["flushes"] / count, 2)

    def ratio(ours, theirs):
        return round(sides[ours]["documents per second"] / sides[theirs]["documents per second"], 2)
    ratios = {name + after: ratio(*pair) for name, pair in {
        "one client over HTTP": ("slipway", "original's way"),
        "one client over HTTP, write-ahead log in both": ("slipway", "original's way, write-ahead log"),
        "ingest of a folder": ("slipway ingest", "original's way"),
        "ingest of a folder, an index of words in both": ("slipway ingest", "original's way, with an index of words"),
        "ingest of a folder, write-ahead log in both": ("slipway ingest", "original's way, write-ahead log")}.items()}
    return {side: {name + after: value for name, value in values.items()} for side, values in sides.items()}, ratios


def measure(context):
    documents = texts(context.scaled(COUNT, 20))
    count, size = len(documents), sum(len(document["content"].encode()) for document in documents)
    kind, (flush, _) = disk.kind(context.folder), disk.flush_ms(context.folder)
    sides, ratios = on_disk(context, documents)
    for milliseconds in SLOW:
        more, more_ratios = on_disk(context, documents[:count // 4], slow_flush.Disk(context.folder, milliseconds))
        ratios |= more_ratios
        for side, values in more.items():
            sides[side] |= values
    return sides | {
        "ratios": ratios,
        "notes": f"{count} Markdown documents of 2 to 50 KB, {size / 1e6:.1f} MB, made from a seed; no embeddings in either. Durable for each "
                 f"document, on {kind} (append and fdatasync of 4 KiB: {flush} ms). Ours over HTTP from one client (JSON, one connection, one "
                 "after the other) and by `slipway ingest` (256 at once); it keeps the original file, the text, the passages, and an index of "
                 "their words. The original's way runs inside one Python process without HTTP: LangChain's splitter (500, overlap 50), the text "
                 "and the pieces into SQLite with one commit; it makes no index of words, so a third side adds one (FTS5, in the same commit). "
                 "With a slower flush: a quarter of the documents, and every fsync and fdatasync of both made to last so long (bench/slow_flush.c)."}
