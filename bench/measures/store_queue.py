"""Jobs that do nothing: enqueued, leased and acknowledged through the queue port, beside Celery and RQ."""

import json
import time

import process
import programs
import stores

TITLE = "Queues: jobs per second"
BACKENDS = {"Redis": ("Celery", "RQ"), "PostgreSQL": ("Celery",), "SQS": ("Celery",)}
GOALS = [(f"{backend}: jobs {what}, one producer and worker, ours / best peer", f"jobs {what} per second, {backend}, ours / best", ">=", 1)
         for backend in BACKENDS for what in ("enqueued", "done")]
DRAW = [f"jobs {what} per second, {backend}" for backend in BACKENDS for what in ("enqueued", "done")]
PHASES = {"enqueued": "enqueue", "done": "work"}
LANES = 16


class Moto:
    """moto, which plays SQS, on a free port."""

    def __init__(self, folder):
        self.port = process.free_port()
        engine = process.ROOT / "build/engines/moto"
        if not engine.exists():
            raise RuntimeError("build/engines/moto is missing: scripts/engines.sh moto")
        self._running = process.running(
            ["/usr/bin/python3", engine / "bin/moto_server", "-H", "127.0.0.1", "-p", self.port], cwd=folder,
            stdout=open(folder / "moto.log", "ab"), stderr=open(folder / "moto.log", "ab"),
            env=programs.clean_environment(PYTHONPATH=str(engine.resolve()), PYTHONDONTWRITEBYTECODE="1"))

    def __enter__(self):
        self._running.__enter__()
        process.wait_for_port(self.port)
        return self

    def __exit__(self, *failure):
        self._running.__exit__(*failure)


def databases(server):
    """A fresh database for each round: a table of jobs that are gone is not what is measured."""
    name = f"queue{time.time_ns()}"
    server.database(name)
    return {"url": server.url("app", name), "owner_url": server.url("owner", name)}


def celery(**settings):
    return stores.run(["/usr/bin/python3", stores.PEERS / "celery_jobs.py", json.dumps(settings)],
                      {"AWS_ACCESS_KEY_ID": "ID", "AWS_SECRET_ACCESS_KEY": "unused", "AWS_DEFAULT_REGION": "us-east-1"})


def sides_of(context, backend, jobs, redis, postgres, moto):
    def ours(lanes):
        settings = {"store": "queue", "jobs": jobs, "concurrency": lanes}
        if backend == "Redis":
            return stores.slipway(context, **settings, queue="redis", url=redis.url)
        settings |= databases(postgres) | {"queue": "database"}
        if backend == "SQS":
            settings |= {"queue": "sqs", "sqs_url": f"sqs://us-east-1/b{time.time_ns()}?endpoint=http%3A%2F%2F127.0.0.1%3A{moto.port}"}
        return stores.slipway(context, **settings)

    def theirs():
        if backend == "Redis":
            return celery(broker=redis.url, jobs=jobs)
        if backend == "SQS":
            return celery(broker=f"sqs://ID:unused@127.0.0.1:{moto.port}//", jobs=jobs, queue=f"c{time.time_ns()}",
                          options={"region": "us-east-1", "is_secure": False, "wait_time_seconds": 1})
        url = databases(postgres)["owner_url"].split("?")[0]
        return celery(broker=url.replace("postgresql://", "sqla+postgresql+psycopg2://"), jobs=jobs, pause=0.01)
    sides = {"slipway": lambda: ours(1), f"slipway, {LANES} at once": lambda: ours(LANES), "Celery": theirs}
    if backend == "Redis":
        sides["RQ"] = lambda: stores.python("rq_jobs", url=redis.url, jobs=jobs)
    return sides


def told(reports, backend):
    found = {}
    for what, phase in PHASES.items():
        found[f"jobs {what} per second, {backend}"] = round(stores.median_of(reports, lambda r: r["jobs"] / r[f"{phase} seconds"]))
        found[f"CPU us per job {what}, {backend}"] = round(stores.median_of(reports, lambda r: r[f"{phase} cpu"] / r["jobs"] * 1e6), 1)
    return found


def compared(reports, backend):
    found, rounds = {}, {}
    for what, phase in PHASES.items():
        label = f"jobs {what} per second, {backend}, ours / "
        for peer in BACKENDS[backend]:
            for name, value in ((label + peer, lambda r: r["jobs"] / r[f"{phase} seconds"]),
                                (f"CPU per job {what}, {backend}, ours / {peer}", lambda r: r[f"{phase} cpu"] / r["jobs"])):
                found[name], rounds[name] = stores.ratio(reports["slipway"], reports[peer], value)
        found[label + "best"] = min(found[label + peer] for peer in BACKENDS[backend])
    return found, rounds


def measure(context):
    for name in ("redis", "postgres", "moto"):
        (context.folder / name).mkdir()
    results, found, spreads = {}, {}, {}
    counts = {"Redis": context.scaled(2000, 200), "PostgreSQL": context.scaled(500, 100), "SQS": context.scaled(50, 20)}
    with stores.engine("Redis")(context.folder / "redis", "--appendfsync", "everysec") as redis, \
            stores.engine("Postgres")(context.folder / "postgres") as postgres, Moto(context.folder / "moto") as moto:
        for backend, jobs in counts.items():
            reports = stores.in_turns(context, sides_of(context, backend, jobs, redis, postgres, moto))
            for side, some in reports.items():
                results.setdefault(side, {}).update(told(some, backend))
            more, rounds = compared(reports, backend)
            found, spreads = found | more, spreads | rounds
            context.say(f"{backend}: " + ", ".join(
                f"{side} {results[side][f'jobs enqueued per second, {backend}']} in, {results[side][f'jobs done per second, {backend}']} done"
                for side in reports))
    return results | {"ratios": found, "rounds": spreads, "notes": (
        f"{stores.rounds_of(context)} rounds, all sides in turn, of {', '.join(f'{count} jobs on {name}' for name, count in counts.items())} "
        "after 100 to warm up: one producer enqueues all one after the other, then one worker does all. Ours at the queue port: up to ten "
        f"leased at a time, acknowledged one by one; '{LANES} at once' is the same from {LANES} coroutines of one loop. Celery: pool solo, "
        "results ignored, no events. RQ: SimpleWorker, which forks for no job, results not kept. Redis with appendfsync everysec; PostgreSQL "
        "18 with fsync=off (Celery's transport there is SQLAlchemy, which its makers call experimental, and which by default rests a second "
        "after every four jobs: here it rests 10 ms); SQS is played by moto, a server in Python, which takes most of the time on both sides, "
        "and ours keeps the messages in PostgreSQL beside it.")}
