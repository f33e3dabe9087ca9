"""PostgreSQL with asyncpg and Redis with redis-py (hiredis parser), as tools/store-bench does it: same settings, same report.

    asyncio_stores.py '{"store": "postgres", "operation": "read", "url": …, "concurrency": 16, …}'
"""

import asyncio
import json
import sys
import time

import uvloop

SETTINGS = "select set_config('slipway.workspace', $1, true), set_config('slipway.scope', 'workspace', true)"


async def run_load(settings, operation):
    waits, state = [], {"turn": 0, "counting": False, "ending": False}

    async def work():
        while not state["ending"]:
            turn = state["turn"]
            state["turn"] += 1
            began = time.perf_counter()
            await operation(turn)
            if state["counting"]:
                waits.append(time.perf_counter() - began)

    workers = [asyncio.create_task(work()) for _ in range(settings["concurrency"])]
    await asyncio.sleep(settings["warm_up_ms"] / 1000)
    began, cpu = time.perf_counter(), time.process_time()
    state["counting"] = True
    await asyncio.sleep(settings["duration_ms"] / 1000)
    state["counting"], state["ending"] = False, True
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    await asyncio.gather(*workers)
    waits.sort()
    return {"operations": len(waits), "seconds": seconds, "cpu": cpu, "p50 us": waits[len(waits) // 2] * 1e6,
            "p99 us": waits[len(waits) * 99 // 100] * 1e6}


async def postgres(settings):
    import asyncpg
    tenant, rows, prefix = settings["tenant"], settings["rows"], settings["prefix"]
    table = "bench_note" if tenant else "plain_note"
    select = f"select number, title, created_at from {table} where workspace = $2 and id = $1"
    insert = f"insert into {table}(id, workspace, number, title, created_at) values ($1, $2, $3, $4, $5)"
    pool = await asyncpg.create_pool(settings["url"], min_size=1, max_size=settings["pool"])

    async def one(connection, turn):
        if settings["operation"] == "insert":
            return await connection.execute(insert, f"{prefix}-{turn}", "one", turn, "A note of the bench", 1700000000000)
        number = turn * 7919 % rows
        row = await connection.fetchrow(select, f"note-{number}", "one")
        assert row["number"] == number
        return row

    async def operation(turn):
        async with pool.acquire() as connection:
            if not tenant:
                return await one(connection, turn)
            async with connection.transaction(isolation="serializable" if settings["operation"] == "insert" else None):
                await connection.fetchrow(SETTINGS, "one")
                return await one(connection, turn)

    report = await run_load(settings, operation)
    await pool.close()
    return report


async def redis(settings):
    import redis.asyncio
    client = redis.asyncio.Redis.from_url(settings["url"], max_connections=settings["concurrency"])
    keys, value = settings["keys"], b"v" * settings["bytes"]

    async def operation(turn):
        key = f"bench:{turn * 7919 % keys}"
        if settings["operation"] == "set":
            await client.set(key, value)
        else:
            assert await client.get(key) == value

    report = await run_load(settings, operation)
    await client.aclose()
    return report


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    print(json.dumps(uvloop.run({"postgres": postgres, "redis": redis}[given["store"]](given))))
