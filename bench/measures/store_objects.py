"""Objects in S3: the adapter beside boto3 and MinIO's client."""

import stores

TITLE = "S3: uploads and downloads"
SIZES = {"4 KiB": 4 << 10, "1 MiB": 1 << 20, "16 MiB": 16 << 20}
GOALS = [(f"{operation} of {size}, ours / best peer", f"{operation}s per second, {size}, ours / best", ">=", 1)
         for size in SIZES for operation in ("put", "get")]
DRAW = [f"MB/s, {operation} of {size}" for size in list(SIZES)[1:] for operation in ("put", "get")]
CONCURRENCY = 4
BOTO3, MINIO = "boto3", "minio-go"


def sides_of(context, server, operation, size):
    large = SIZES[size] > 1 << 20
    settings = {"store": "objects", "operation": operation, "url": server.url, "endpoint": f"http://127.0.0.1:{server.port}",
                "key_id": server.environment["AWS_ACCESS_KEY_ID"], "secret": server.environment["AWS_SECRET_ACCESS_KEY"],
                "concurrency": CONCURRENCY, "bytes": SIZES[size], "keys": 4 if large else 16} | stores.times(context)
    settings["duration_ms"] *= 2 if large else 1
    sides = {"slipway": lambda: stores.slipway(context, **settings), BOTO3: lambda: stores.python("boto3_objects", **settings)}
    if stores.go_peer():
        sides[MINIO] = lambda: stores.go(**settings)
    return sides


def measure(context):
    (context.folder / "engine").mkdir()
    results, found, spreads = {}, {}, {}
    with stores.engine("Bucket")(context.folder / "engine") as server:
        for size, count in SIZES.items():
            for operation in ("put", "get"):
                sides = sides_of(context, server, operation, size)
                reports = stores.in_turns(context, sides)
                for side, some in reports.items():
                    mine = stores.figures(some, operation, f", {size}")
                    mine[f"MB/s, {operation} of {size}"] = round(mine[f"{operation}s per second, {size}"] * count / 1e6, 1)
                    results.setdefault(side, {}).update(mine)
                more, rounds = stores.ratios(reports, [side for side in sides if side != "slipway"], operation, f", {size}")
                found, spreads = found | more, spreads | rounds
                context.say(f"{operation} of {size}, MB/s: " + ", ".join(
                    f"{side} {results[side][f'MB/s, {operation} of {size}']}" for side in sides))
    return results | {"ratios": found, "rounds": spreads, "notes": (
        f"{stores.rounds_of(context)} rounds of {stores.times(context)['duration_ms']} ms (twice that for 16 MiB), all sides in turn, "
        f"{CONCURRENCY} requests at once: coroutines of one loop, threads of boto3, goroutines with GOMAXPROCS=1. versitygw over HTTP in a "
        "folder. Every side signs what it sends; ours signs and keeps the SHA-256 of the whole and checks every download against it; the "
        "others do what they do by default. minio-go is the library that MinIO's program `mc` moves objects with.")}
