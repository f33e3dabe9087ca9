"""Memory of a process in which 1,000 wait for a pool of 20 connections to PostgreSQL."""

import json
import subprocess
import time

import process
import stores
from measures import store_postgres

TITLE = "1,000 at once on a pool of 20 connections: memory"
GOALS = [("PSS with 1,000 at once, ours / best peer", "PSS with 1,000 at once, ours / best", "<=", 1)]
DRAW = ["PSS MB, 1,000 at once", "PSS KB for one that waits"]
POOL, MANY = 20, 1_000


def sampled(command, seconds, environment=None):
    """PSS in KB at three quarters of its time, and what it reports."""
    with process.running(command, stdout=subprocess.PIPE, text=True, env=process.python_environment() | (environment or {})) as side:
        time.sleep(seconds)
        memory = process.memory_kb(side.pid)["pss"]
        return memory, json.loads(side.communicate(timeout=60)[0])


def command_of(context, side, settings):
    if side == "slipway":
        settings = settings | {"url": settings["url"] + f"&pool={POOL}"}
        return [context.binary.with_name("store-bench"), json.dumps(settings)], None
    if side == "asyncpg":
        return ["/usr/bin/python3", stores.PEERS / "asyncio_stores.py", json.dumps(settings)], None
    return [stores.BUILT / "stores-go", json.dumps(settings)], {"GOMAXPROCS": "1"}


def measure(context):
    (context.folder / "engine").mkdir()
    sides = ("slipway", "asyncpg", "pgx") if stores.go_peer() else ("slipway", "asyncpg")
    memory = {side: {POOL: [], MANY: []} for side in sides}
    rates = {side: [] for side in sides}
    seconds = context.scaled(3, 2)
    with stores.engine("Postgres")(context.folder / "engine") as server:
        store_postgres.prepare(context, server)
        for _ in range(stores.rounds_of(context)):
            for side in sides:
                for count in (POOL, MANY):
                    settings = {"store": "postgres", "operation": "read", "url": server.url("app", "bench"), "concurrency": count,
                                "rows": store_postgres.ROWS, "prefix": "", "pool": POOL, "tenant": True, "warm_up_ms": 1000,
                                "duration_ms": seconds * 1000}
                    command, environment = command_of(context, side, settings)
                    held, report = sampled(command, 1 + seconds * 0.75, environment)
                    memory[side][count].append(held)
                    if count == MANY:
                        rates[side].append(report["operations"] / report["seconds"])
    results = {}
    for side in sides:
        few, many = (process.median(memory[side][count]) for count in (POOL, MANY))
        results[side] = {"PSS MB, 20 at once": round(few / 1024, 1), "PSS MB, 1,000 at once": round(many / 1024, 1),
                         "PSS KB for one that waits": round((many - few) / (MANY - POOL), 2),
                         "reads per second, 1,000 at once": round(process.median(rates[side]))}
        context.say(f"{side}: {results[side]}")
    best = min(results[side]["PSS MB, 1,000 at once"] for side in sides if side != "slipway")
    return results | {"ratios": {"PSS with 1,000 at once, ours / best": round(results["slipway"]["PSS MB, 1,000 at once"] / best, 2)},
                      "notes": (
                          f"{stores.rounds_of(context)} rounds. {MANY:,} coroutines, tasks or goroutines that each read one row with the "
                          f"workspace set, again and again, over {POOL} connections; {MANY - POOL} of them wait at any time. Memory of the "
                          "process alone, not of PostgreSQL; what one that waits costs is the difference to the same with 20 at once.")}
