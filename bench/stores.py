"""What the measures of stores share: engines, the programs of both sides, and rounds in which all sides take turns.

Every side is a program that is given the same settings and prints the same report: tools/store-bench is ours, peers/stores theirs.
"""

import functools
import json
import os
import pathlib
import shutil
import subprocess
import time

import process

PEERS = process.ROOT / "bench/peers/stores"
BUILT = process.ROOT / "build/bench"
HIREDIS = process.ROOT / "build/libhiredis-dev/usr"
WARM_UP, DURATION, ROUNDS = 0.4, 1.0, 3  # seconds of one side in one round


def engine(name):
    """The class of tests/end_to_end/engines.py, once what it starts is there (scripts/engines.sh)."""
    import engines
    folder = {"Postgres": "postgresql-18", "Redis": "redis", "Bucket": "versitygw"}[name]
    if not (process.ROOT / "build/engines" / folder).exists():
        raise RuntimeError(f"build/engines/{folder} is missing: scripts/engines.sh {folder}")
    return getattr(engines, name)


def c_loop(name, *options):
    """A loop over a bare client library, compiled once."""
    source, built = PEERS / f"{name}.c", BUILT / name
    if not built.exists() or built.stat().st_mtime < max(source.stat().st_mtime, (PEERS / "loop.h").stat().st_mtime):
        BUILT.mkdir(parents=True, exist_ok=True)
        subprocess.run(["clang-19", "-O2", "-Wall", "-Wextra", "-Werror", "-o", built, source, *map(str, options)], check=True)
    return built


def libpq_loop():
    return c_loop("libpq_loop", "-I/usr/include/postgresql", "-lpq")


def hiredis_loop():
    place = HIREDIS if HIREDIS.exists() else pathlib.Path("/usr")
    return c_loop("hiredis_loop", "-I", place / "include", next(place.glob("lib/*/libhiredis.a")))


@functools.cache
def go_peer():
    """pgx and MinIO's client; None, and they are left out, where there is no Go or its modules cannot be fetched."""
    go = shutil.which("go") or "/usr/local/go/bin/go"
    built = BUILT / "stores-go"
    if not pathlib.Path(go).exists():
        return None
    done = subprocess.run([go, "build", "-o", built, "."], cwd=PEERS.with_name("stores_go"), check=False)
    return built if done.returncode == 0 else None


def run(command, environment=None):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False,
                          env=process.python_environment() | (environment or {}), timeout=600)
    if done.returncode:
        raise RuntimeError(f"{pathlib.Path(command[0]).name}: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


def slipway(context, **settings):
    return run([context.binary.with_name("store-bench"), json.dumps(settings)])


def python(name, **settings):
    return run(["/usr/bin/python3", PEERS / f"{name}.py", json.dumps(settings)])


def go(**settings):
    return run([BUILT / "stores-go", json.dumps(settings)], {"GOMAXPROCS": "1"})


def times(context):
    return {"warm_up_ms": round(WARM_UP * 1000), "duration_ms": context.scaled(DURATION * 1000, 200)}


def rounds_of(context):
    return context.scaled(ROUNDS, 1)


def cpu_with_children(pid):
    """User and system time of a process and of its children that have ended, in steps of 10 ms."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def in_turns(context, sides, server_cpu=None):
    """{side: its reports, one a round}: all sides one after the other, again and again. `server_cpu()`: seconds of the engine so far."""
    rounds = rounds_of(context)
    reports = {side: [] for side in sides}
    for number in range(rounds):
        order = list(sides)[number % len(sides):] + list(sides)[:number % len(sides)]
        for side in order:
            before = server_cpu() if server_cpu else 0
            report = sides[side]()
            if server_cpu:
                time.sleep(0.1)  # processes of connections end, and are counted
                whole = (report["seconds"] + WARM_UP) / report["seconds"]
                report["server cpu"] = (server_cpu() - before) / whole
            reports[side].append(report)
    return reports


def median_of(reports, value):
    return process.median([value(report) for report in reports])


def figures(reports, operation, after):
    """What stands in the results of one side."""
    found = {f"{operation}s per second{after}": round(median_of(reports, lambda r: r["operations"] / r["seconds"])),
             f"CPU us per {operation}{after}": round(median_of(reports, lambda r: r["cpu"] / r["operations"] * 1e6), 1),
             f"p50 us of a {operation}{after}": round(median_of(reports, lambda r: r["p50 us"]), 1),
             f"p99 us of a {operation}{after}": round(median_of(reports, lambda r: r["p99 us"]), 1)}
    if "server cpu" in reports[0]:
        found[f"CPU us of the server per {operation}{after}"] = round(
            median_of(reports, lambda r: r["server cpu"] / r["operations"] * 1e6), 1)
    return found


def ratio(ours, theirs, value):
    """The middle of the rounds' ratios, and from where to where they went."""
    every = [value(one) / value(other) for one, other in zip(ours, theirs, strict=True)]
    return round(process.median(every), 2), f"{min(every):.2f} to {max(every):.2f}"


def ratios(reports, peers, operation, after, floors=()):
    """Of our side: more per second is better above 1, and CPU below 1. `best`: against the best of the peers, without the floors."""
    found, spreads = {}, {}
    values = {f"{operation}s per second": lambda r: r["operations"] / r["seconds"],
              f"CPU per {operation}": lambda r: r["cpu"] / r["operations"]}
    for name, value in values.items():
        for peer in (*peers, *floors):
            label = f"{name}{after}, ours / {peer}"
            found[label], spreads[label] = ratio(reports["slipway"], reports[peer], value)
        against = [found[f"{name}{after}, ours / {peer}"] for peer in peers]
        found[f"{name}{after}, ours / best"] = min(against) if "second" in name else max(against)
    return found, spreads
