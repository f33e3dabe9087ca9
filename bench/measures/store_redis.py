"""GET and SET in Redis: the client and the cache port beside bare hiredis and redis-py."""

import process
import stores

TITLE = "Redis: GET and SET of 100 bytes"
GOALS = [(f"{operation}s, {concurrency} at once, ours / best peer", f"{operation}s per second, {concurrency} at once, ours / best", ">=", 1)
         for operation in ("get", "set") for concurrency in (1, 64)]
DRAW = [f"{operation}s per second, {concurrency} at once" for operation in ("get", "set") for concurrency in (1, 64)]
KEYS, BYTES = 10_000, 100
HIREDIS, PYTHON = "hiredis", "redis-py, asyncio"


def sides_of(context, server, operation, concurrency):
    settings = {"operation": operation, "url": server.url, "concurrency": concurrency, "keys": KEYS, "bytes": BYTES} | stores.times(context)

    def hiredis():
        loop = stores.hiredis_loop()
        return stores.run([loop, server.port, operation, concurrency, KEYS, BYTES, settings["warm_up_ms"] / 1000,
                           settings["duration_ms"] / 1000])
    return {"slipway": lambda: stores.slipway(context, store="redis", **settings),
            "slipway, cache port": lambda: stores.slipway(context, store="cache", **settings),
            HIREDIS: hiredis, PYTHON: lambda: stores.python("asyncio_stores", store="redis", **settings)}


def measure(context):
    (context.folder / "engine").mkdir()
    results, found, spreads = {}, {}, {}
    with stores.engine("Redis")(context.folder / "engine", "--appendonly", "no") as server:
        for operation in ("set", "get"):  # what is set first is asked for then
            for concurrency in (1, 64):
                after = f", {concurrency} at once"
                sides = sides_of(context, server, operation, concurrency)
                reports = stores.in_turns(context, sides, lambda: process.cpu_seconds(server.process.pid))
                for side, some in reports.items():
                    results.setdefault(side, {}).update(stores.figures(some, operation, after))
                more, rounds = stores.ratios(reports, (PYTHON,), operation, after, floors=(HIREDIS,))
                found, spreads = found | more, spreads | rounds
                context.say(f"{operation}, {concurrency}: " + ", ".join(
                    f"{side} {results[side][f'{operation}s per second{after}']}" for side in sides))
    for operation in ("get", "set"):
        for what, figure in (("us", f"p50 us of a {operation}, 1 at once"), ("CPU us", f"CPU us per {operation}, 1 at once")):
            found[f"{what} added to a {operation} over hiredis"] = round(results["slipway"][figure] - results[HIREDIS][figure], 1)
    return results | {"ratios": found, "rounds": spreads, "notes": (
        f"{stores.rounds_of(context)} rounds of {stores.times(context)['duration_ms']} ms, all sides in turn, each one thread. {KEYS} keys. "
        "hiredis 0.14 blocks: one command and its answer, or 64 written together and then 64 answers read (its p50 is of all 64). Ours: 64 "
        "coroutines, each waiting for its own answer, under a time limit. redis-py with the hiredis parser on uvloop, 64 tasks and "
        "connections. The cache port asks for a value and for the stamp of its group (MGET), and sets by a script. Redis 7.0 without "
        "persistence.")}
