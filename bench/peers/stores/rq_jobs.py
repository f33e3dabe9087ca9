"""Jobs that do nothing through RQ: enqueued by one producer, done by one worker that forks for none (SimpleWorker), results not kept.

    rq_jobs.py '{"url": "redis://…", "jobs": 2000}'      prints what tools/store-bench prints of a queue
"""

import json
import logging
import math
import sys
import time

import redis
import rq

logging.disable(logging.CRITICAL)


def main(given):
    connection = redis.Redis.from_url(given["url"])
    queue = rq.Queue("bench", connection=connection)

    def enqueue(jobs):
        for _ in range(jobs):
            queue.enqueue(math.floor, 1, result_ttl=0)

    def work():
        rq.SimpleWorker([queue], connection=connection).work(burst=True, logging_level="CRITICAL")

    def timed(what, *arguments):
        began, cpu = time.perf_counter(), time.process_time()
        what(*arguments)
        return time.perf_counter() - began, time.process_time() - cpu

    enqueue(100)
    work()
    report = {"jobs": given["jobs"]}
    report["enqueue seconds"], report["enqueue cpu"] = timed(enqueue, given["jobs"])
    report["work seconds"], report["work cpu"] = timed(work)
    assert queue.count == 0
    print(json.dumps(report))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
