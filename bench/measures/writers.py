"""64 clients that write at once: durable transactions per second, beside SQLite with one commit each."""

import json
import subprocess

import process
import programs
import slow_flush
from measures import disk, small_application

TITLE = "64 writers: durable commits per second"
SLOW = 2  # milliseconds
GOALS = [(f"64 writers, ours / one commit each, where a flush takes {SLOW} ms", f"64 writers, flush of {SLOW} ms", ">=", 10),
         ("64 writers, ours / one commit each, on the disk as it is", "64 writers", ">=", 10)]
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


def ours(context, writers, seconds, environment):
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
    context.say(f"slipway, {writers}: {done['rate']:.0f}/s, {transactions / commits:.1f} transactions in a commit")
    return {"rate": done["rate"], "cpu": cpu / done["requests"], "together": transactions / commits, "memory": memory}


def theirs(context, writers, seconds, environment):
    database = context.folder / f"python-{writers}-{'slow' if environment else 'fast'}.sqlite"
    command = ["/usr/bin/python3", process.ROOT / "bench/peers/sqlite_writers.py", database, writers, seconds]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True,
                          env=process.python_environment() | environment)
    report = json.loads(done.stdout)
    context.say(f"SQLite from Python, {writers}: {report['commits'] / report['seconds']:.0f}/s, {report['failures']} failed")
    return report | {"rate": report["commits"] / report["seconds"], "cpu": report["cpu"] / report["commits"]}


def on_disk(context, seconds, slow=None):
    """Both sides on one disk: figures of ours, of theirs, and the ratios."""
    after, environment = (f", flush of {SLOW} ms", slow.environment) if slow else ("", {})
    mine, own = {}, {}
    for writers in (64, 1):
        for side, run in ((mine, ours), (own, theirs)):
            side[writers] = run(context, writers, seconds, environment)
            if slow:
                context.say(f"  {slow.flushes()}")

    def figures(side, more):
        rates = {f"commits per second, {writers} writer{'s' * (writers > 1)}": round(side[writers]["rate"]) for writers in side}
        rates |= {"CPU us per commit, 64 writers": round(side[64]["cpu"] * 1e6)} | more
        return {name + after: value for name, value in rates.items()}
    ratios = {f"{writers} writer{'s' * (writers > 1)}{after}": round(mine[writers]["rate"] / own[writers]["rate"], 2) for writers in mine}
    return (figures(mine, {"transactions in one fsync, 64 writers": round(mine[64]["together"], 1),
                           "RSS MB after, 64 writers": round(mine[64]["memory"], 1)}),
            figures(own, {"p50 ms, 64 writers": round(own[64]["p50 ms"], 1), "p99 ms, 64 writers": round(own[64]["p99 ms"], 1),
                          "writes that failed, 64 writers": own[64]["failures"]}), ratios)


def measure(context):
    seconds = context.scaled(15, 2)
    kind, (flush, flush_slow) = disk.kind(context.folder), disk.flush_ms(context.folder)
    fast = on_disk(context, seconds)
    slow = on_disk(context, seconds, slow_flush.Disk(context.folder, SLOW))
    mine, own, ratios = (here | there for here, there in zip(fast, slow))
    return {
        "slipway": mine, "SQLite from Python": own, "ratios": ratios,
        "disk": {"append and fdatasync of 4 KiB, p50 ms": flush, "p99 ms": flush_slow},
        "notes": f"{seconds} s each, on {kind}. Ours: POST /api/chats over HTTP with a token, from one thread of wrk, each answered after the "
                 "fsync of its transaction. Beside: the same row and indexes, no HTTP and no token, 64 threads with a connection each, "
                 f"WAL, synchronous FULL, one commit for each write. A flush takes {flush} ms here. Where that is well below a millisecond, CPU "
                 "decides, and ours pays for HTTP and the token, too. What gathering writes into one flush is worth on other disks is seen "
                 f"where both programs run with every fsync and fdatasync made to last {SLOW} ms (bench/slow_flush.c), as on network volumes "
                 "and consumer SSDs, which take 1 to 5 ms."}
