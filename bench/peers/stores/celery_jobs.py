"""Jobs that do nothing through Celery: enqueued by one producer, done by one worker of its pool `solo`, results ignored.

    celery_jobs.py '{"broker": "redis://…", "jobs": 2000}'      prints what tools/store-bench prints of a queue
"""

import json
import os
import sys
import threading
import time

import celery
import kombu.transport.sqlalchemy

given = json.loads(sys.argv[1])
application = celery.Celery("bench", broker=given["broker"])
application.conf.update(task_ignore_result=True, worker_hijack_root_logger=False, worker_redirect_stdouts=False,
                        broker_transport_options=given.get("options", {}), worker_enable_remote_control=False,
                        worker_send_task_events=False, task_default_queue=given.get("queue", "bench"))
if "pause" in given:  # of a transport that asks again and again
    kombu.transport.sqlalchemy.Transport.polling_interval = given["pause"]
finished, state = threading.Event(), {"left": 0}


@application.task(name="bench.nothing")
def nothing(number):
    state["left"] -= 1
    if state["left"] == 0:
        state["ended"], state["ended cpu"] = time.perf_counter(), time.process_time()
        finished.set()
    if number == 0:  # the first one: from here on the worker is warm
        state["began"], state["began cpu"] = time.perf_counter(), time.process_time()


def enqueue(numbers):
    for number in numbers:
        nothing.delay(number)


def main():
    jobs = given["jobs"]
    enqueue(range(-100, 0))
    began, cpu = time.perf_counter(), time.process_time()
    enqueue(range(jobs))
    report = {"jobs": jobs, "enqueue seconds": time.perf_counter() - began, "enqueue cpu": time.process_time() - cpu}
    state["left"] = jobs + 100
    worker = application.Worker(pool="solo", without_heartbeat=True, without_gossip=True, without_mingle=True, loglevel="ERROR",
                                quiet=True)

    def report_and_leave():
        finished.wait()
        report["work seconds"] = state["ended"] - state["began"]
        report["work cpu"] = state["ended cpu"] - state["began cpu"]
        print(json.dumps(report), flush=True)
        os._exit(0)  # stopping the worker takes seconds, and is not measured

    threading.Thread(target=report_and_leave, daemon=True).start()
    worker.start()


if __name__ == "__main__":
    main()
