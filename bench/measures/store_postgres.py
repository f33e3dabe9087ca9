"""Point reads and inserts in PostgreSQL: the adapter beside bare libpq, asyncpg and pgx."""

import itertools
import time

import process
import stores

TITLE = "PostgreSQL: point reads and inserts"
PLAIN, TENANT = "alone", "with a workspace"
PEERS = ("asyncpg", "pgx")
GOALS = [(f"{operation}s, {concurrency} at once, ours / best peer {kind}",
          f"{operation}s per second, {concurrency} at once, ours / best {kind}", ">=", 1)
         for operation in ("read", "insert") for concurrency in (1, 16) for kind in (PLAIN, TENANT)]
DRAW = [f"{operation}s per second, {concurrency} at once" for operation in ("read", "insert") for concurrency in (1, 16)]
ROWS = 10_000
numbers = itertools.count()


def prepare(context, server):
    """A table under row-level security, as the adapter makes it, and the same rows in a plain one."""
    server.database("bench")
    stores.slipway(context, store="postgres", operation="prepare", url=server.url("app", "bench"), owner_url=server.url("owner", "bench"),
                   rows=ROWS)
    server.run("bench", "create table plain_note (like bench_note including all)")
    server.run("bench", "insert into plain_note select * from bench_note")
    server.run("bench", "grant all on plain_note to app")
    server.run("bench", "vacuum analyze bench_note")
    server.run("bench", "vacuum analyze plain_note")


def sides_of(context, server, operation, concurrency):
    url = server.url("app", "bench")

    def settings(tenant=True):
        return {"store": "postgres", "operation": operation, "url": url, "concurrency": concurrency, "rows": ROWS,
                "prefix": f"r{time.time_ns()}n{next(numbers)}", "pool": concurrency, "tenant": tenant} | stores.times(context)

    def libpq(kind):
        given = settings()
        return stores.run([stores.libpq_loop(), url, operation, kind, ROWS, given["prefix"], given["warm_up_ms"] / 1000,
                           given["duration_ms"] / 1000])
    sides = {"slipway": lambda: stores.slipway(context, **(settings() | {"url": f"{url}&pool={concurrency}"}))}
    for kind, tenant in ((PLAIN, False), (TENANT, True)):
        sides[f"asyncpg, {kind}"] = lambda tenant=tenant: stores.python("asyncio_stores", **settings(tenant))
        if stores.go_peer():
            sides[f"pgx, {kind}"] = lambda tenant=tenant: stores.go(**settings(tenant))
        if concurrency == 1:
            sides[f"libpq, {kind}"] = lambda tenant=tenant: libpq("tenant" if tenant else "alone")
    return sides


def measure(context):
    (context.folder / "engine").mkdir()
    results, found, spreads = {}, {}, {}
    with stores.engine("Postgres")(context.folder / "engine") as server:
        prepare(context, server)
        for operation in ("read", "insert"):
            for concurrency in (1, 16):
                after = f", {concurrency} at once"
                sides = sides_of(context, server, operation, concurrency)
                reports = stores.in_turns(context, sides, lambda: stores.cpu_with_children(server.process.pid))
                for side, some in reports.items():
                    results.setdefault(side, {}).update(stores.figures(some, operation, after))
                for kind in (PLAIN, TENANT):
                    more, rounds = stores.ratios(reports, [f"{peer}, {kind}" for peer in PEERS if f"{peer}, {kind}" in sides], operation,
                                                 after, floors=[f"libpq, {kind}"] * (concurrency == 1))
                    found |= {name.replace("/ best", f"/ best {kind}"): value for name, value in more.items()}
                    spreads |= rounds
                context.say(f"{operation}, {concurrency}: " + ", ".join(
                    f"{side} {results[side][f'{operation}s per second{after}']}" for side in sides))
    for operation in ("read", "insert"):
        for kind in (PLAIN, TENANT):
            p50 = f"p50 us of a {operation}, 1 at once"
            found[f"us added to a {operation} over libpq {kind}"] = round(results["slipway"][p50] - results[f"libpq, {kind}"][p50], 1)
            cpu = f"CPU us per {operation}, 1 at once"
            found[f"CPU us added to a {operation} over libpq {kind}"] = round(results["slipway"][cpu] - results[f"libpq, {kind}"][cpu], 1)
    return results | {"ratios": found, "rounds": spreads, "notes": (
        f"{stores.rounds_of(context)} rounds of {stores.times(context)['duration_ms']} ms, all sides in turn, each one thread (pgx with "
        f"GOMAXPROCS=1), as many connections as requests at once. {ROWS} rows of five columns by key. Ours always runs under row-level "
        f"security, with the workspace and four time-outs set for the transaction, and inserts serialisably. '{PLAIN}': the peer sends the "
        f"statement and nothing else, on a table without policies. '{TENANT}': the same table as ours; libpq sends exactly our messages, pgx "
        "a batch, asyncpg a transaction, which it cannot send in one message. PostgreSQL 18 with fsync=off, as a disk would hide the clients.")}
