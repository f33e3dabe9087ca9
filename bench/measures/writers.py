"""64 clients that write at once: durable transactions per second, beside SQLite with one commit each."""

import json
import subprocess

import process
import programs
from measures import disk, small_application

TITLE = "64 writers: durable commits per second"
GOALS = [("64 writers, ours / one commit each", "64 writers", ">=", 10)]
DRAW = ["commits per second, 64 writers", "commits per second, 1 writer"]

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


def ours(context, writers, seconds):
    """New chats over HTTP, from wrk: one durable transaction each."""
    folder = context.folder / f"slipway-{writers}"
    application = small_application.write(folder / "application")
    with programs.Server(application, folder / "data") as server:
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


def theirs(context, writers, seconds):
    database = context.folder / f"python-{writers}.sqlite"
    command = ["/usr/bin/python3", process.ROOT / "bench/peers/sqlite_writers.py", database, writers, seconds]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True, env=process.python_environment())
    report = json.loads(done.stdout)
    context.say(f"SQLite from Python, {writers}: {report['commits'] / report['seconds']:.0f}/s, {report['failures']} failed")
    return report | {"rate": report["commits"] / report["seconds"]}


def measure(context):
    seconds = context.scaled(15, 2)
    kind, (flush, flush_slow) = disk.kind(context.folder), disk.flush_ms(context.folder)
    mine, own = {n: ours(context, n, seconds) for n in (64, 1)}, {n: theirs(context, n, seconds) for n in (64, 1)}
    return {
        "slipway": {"commits per second, 64 writers": round(mine[64]["rate"]), "commits per second, 1 writer": round(mine[1]["rate"]),
                    "CPU us per commit, 64 writers": round(mine[64]["cpu"] * 1e6), "RSS MB after": round(mine[64]["memory"], 1),
                    "transactions in one fsync, 64 writers": round(mine[64]["together"], 1)},
        "SQLite from Python": {"commits per second, 64 writers": round(own[64]["rate"]), "commits per second, 1 writer": round(own[1]["rate"]),
                               "CPU us per commit, 64 writers": round(own[64]["cpu"] / own[64]["commits"] * 1e6),
                               "p50 ms, 64 writers": round(own[64]["p50 ms"], 1), "p99 ms, 64 writers": round(own[64]["p99 ms"], 1),
                               "writes that failed, 64 writers": own[64]["failures"]},
        "disk": {"append and fdatasync of 4 KiB, p50 ms": flush, "p99 ms": flush_slow},
        "ratios": {"64 writers": round(mine[64]["rate"] / own[64]["rate"], 2), "1 writer": round(mine[1]["rate"] / own[1]["rate"], 2)},
        "notes": f"{seconds} s each, on {kind}. Ours: POST /api/chats over HTTP with a token, from one thread of wrk, each answered after the "
                 "fsync of its transaction. Beside: the same row and indexes, no HTTP and no token, 64 threads with a connection each, "
                 "WAL, synchronous FULL, one commit for each write."}
