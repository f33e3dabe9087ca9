"""64 clients that write at once: durable transactions per second, beside SQLite with one commit each."""

import json
import subprocess

import process
import programs
import slow_flush
from measures import disk, small_application

TITLE = "64 writers: durable commits per second"
SLOW = 2  # milliseconds
GOALS = [(f"64 writers, ours / one commit each{more}", f"64 writers{after}", ">=", 10) for after, more in (
    ("", ", both in one process, on the disk as it is"), (f", flush of {SLOW} ms", f", both in one process, where a flush takes {SLOW} ms"),
    (f", over HTTP, flush of {SLOW} ms", f", ours over HTTP, where a flush takes {SLOW} ms"))]
DRAW = [f"commits per second, {writers}{disk}" for disk in ("", f", flush of {SLOW} ms") for writers in ("64 writers", "1 writer")]

SCRIPT = """
wrk.method = "POST"
wrk.body = '{{"title": "A chat of the bench"}}'
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer {token}"
"""
COUNTED = ("slipway_sqlite_transactions_total", "slipway_sqlite_commit_duration_seconds_count")


def counters(client):
    lines = client.call("GET", "/metrics").decode().splitlines()
    return {name: sum(float(line.split()[-1]) for line in lines if line.startswith(name)) for name in COUNTED}


def over_http(context, writers, seconds, environment):
    """New chats over HTTP, from wrk: one durable transaction each."""
    folder = context.folder / f"slipway-{writers}-{'slow' if environment else 'fast'}"
    application = small_application.write(folder / "application")
    with programs.Server(application, folder / "data", **environment) as server:
        client = small_application.member(server.url)
        script = folder / "post.lua"
        script.write_text(SCRIPT.format(token=client.headers["Authorization"].split()[1]))
        before, cpu = counters(client), process.cpu_seconds(server.process.pid)
        done = process.wrk(server.url + "/api/chats", seconds, writers, 1, "-s", str(script), "--latency")
        cpu = process.cpu_seconds(server.process.pid) - cpu
        transactions, commits = (after - before[name] for name, after in counters(client).items())
        memory = process.memory_kb(server.process.pid)["rss"] / 1024
        chats = json.loads(client.call("GET", "/api/chats?limit=1"))["total"]
    if chats < done["requests"]:
        raise RuntimeError(f"{done['requests']} chats were acknowledged, {chats} are there")
    context.say(f"slipway over HTTP, {writers}: {done['rate']:.0f}/s, {transactions / commits:.1f} transactions in a commit")
    return {"rate": done["rate"], "cpu": cpu / done["requests"], "together": transactions / commits, "memory": memory}


def in_process(context, name, command, writers, environment):
    """What a program reports that writes by itself, without HTTP."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True,
                          env=process.python_environment() | environment)
    report = json.loads(done.stdout)
    context.say(f"{name}, {writers}: {report['commits'] / report['seconds']:.0f}/s, {report['failures']} failed")
    return report | {"rate": report["commits"] / report["seconds"], "cpu": report["cpu"] / report["commits"]}


def ours(context, writers, seconds, environment):
    database = context.folder / f"store-{writers}-{'slow' if environment else 'fast'}.db"
    return in_process(context, "slipway", [context.binary.with_name("store-writers"), database, writers, seconds], writers, environment)


def theirs(context, writers, seconds, environment):
    database = context.folder / f"python-{writers}-{'slow' if environment else 'fast'}.sqlite"
    command = ["/usr/bin/python3", process.ROOT / "bench/peers/sqlite_writers.py", database, writers, seconds]
    return in_process(context, "SQLite from Python", command, writers, environment)


def on_disk(context, seconds, slow=None):
    """All sides on one disk: their figures, and the ratios."""
    after, environment = (f", flush of {SLOW} ms", slow.environment) if slow else ("", {})
    sides = {"slipway": ours, "slipway over HTTP": over_http, "SQLite from Python": theirs}
    runs = {side: {} for side in sides}
    for writers in (64, 1):
        for side, run in sides.items():
            runs[side][writers] = run(context, writers, seconds, environment)
            if slow:
                context.say(f"  {slow.flushes()}")

    def figures(side):
        rates = {f"commits per second, {writers} writer{'s' * (writers > 1)}": round(run["rate"]) for writers, run in runs[side].items()}
        rates |= {"CPU us per commit, 64 writers": round(runs[side][64]["cpu"] * 1e6, 1)}
        if side == "slipway over HTTP":
            rates |= {"transactions in one fsync, 64 writers": round(runs[side][64]["together"], 1),
                      "RSS MB after, 64 writers": round(runs[side][64]["memory"], 1)}
        else:
            rates |= {f"{percent} ms, 64 writers": round(runs[side][64][f"{percent} ms"], 1) for percent in ("p50", "p99")}
            rates |= {"writes that failed, 64 writers": runs[side][64]["failures"]}
        return {name + after: value for name, value in rates.items()}
    ratios = {f"{writers} writer{'s' * (writers > 1)}{how}{after}":
              round(runs[side][writers]["rate"] / runs["SQLite from Python"][writers]["rate"], 2)
              for side, how in (("slipway", ""), ("slipway over HTTP", ", over HTTP")) for writers in (64, 1)}
    return {side: figures(side) for side in sides}, ratios


def measure(context):
    seconds = context.scaled(15, 2)
    kind, (flush, flush_slow) = disk.kind(context.folder), disk.flush_ms(context.folder)
    sides, ratios = on_disk(context, seconds)
    more, more_ratios = on_disk(context, seconds, slow_flush.Disk(context.folder, SLOW))
    return {side: figures | more[side] for side, figures in sides.items()} | {
        "ratios": ratios | more_ratios,
        "disk": {"append and fdatasync of 4 KiB, p50 ms": flush, "p99 ms": flush_slow},
        "notes": f"{seconds} s each, on {kind}. All sides write the same row into a table with the same indexes, each row answered after the "
                 "fsync of its transaction. Ours: coroutines at the database port in one process (tools/store-writers), and POST /api/chats "
                 "over HTTP with a token from one thread of wrk. Beside: one process, 64 threads with a connection each, "
                 f"WAL, synchronous FULL, one commit for each write. A flush takes {flush} ms here. Where that is well below a millisecond, CPU "
                 "decides. What gathering writes into one flush is worth on other disks is seen "
                 f"where all programs run with every fsync and fdatasync made to last {SLOW} ms (bench/slow_flush.c), as on network volumes "
                 "and consumer SSDs, which take 1 to 5 ms."}
