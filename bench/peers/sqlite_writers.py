"""Durable writes from Python: each its own transaction and its own fsync, by one thread or many, each with a connection of its own.

    sqlite_writers.py DATABASE THREADS SECONDS      prints JSON

The table, its indexes and the row are those that POST /api/chats of Slipway writes. WAL, synchronous FULL, BEGIN IMMEDIATE with a busy timeout:
what the manual advises for many writers. Only SQLite's own lock orders them; nothing gathers what waits into one commit.
"""

import json
import sqlite3
import sys
import threading
import time
import uuid

TABLES = """
create table if not exists chats (id text primary key, workspace text not null, number bigint not null, user_id text not null,
    title text not null, tokens bigint not null default 0, created_at bigint not null, updated_at bigint not null, unique (workspace, number));
create index if not exists chats_user on chats(workspace, user_id, updated_at);
"""


def connect(database):
    connection = sqlite3.connect(database, timeout=60, isolation_level=None, check_same_thread=False)
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    return connection


def write_one(connection):
    now = int(time.time() * 1000)
    connection.execute("begin immediate")
    number = connection.execute("select coalesce(max(number), 0) + 1 from chats where workspace = 'one'").fetchone()[0]
    connection.execute("insert into chats(id, workspace, number, user_id, title, created_at, updated_at) values (?, 'one', ?, 'ada', ?, ?, ?)",
                       (str(uuid.uuid4()), number, "A chat of the bench", now, now))
    connection.execute("commit")


def main(database, threads, seconds):
    connect(database).executescript(TABLES)
    waits, failures = [], []
    end = time.monotonic() + float(seconds)

    def write():
        connection = connect(database)
        while time.monotonic() < end:
            began = time.perf_counter()
            try:
                write_one(connection)
            except sqlite3.OperationalError as error:  # the lock was not had within the busy timeout
                failures.append(str(error))
                continue
            waits.append(time.perf_counter() - began)

    workers = [threading.Thread(target=write) for _ in range(int(threads))]
    began, cpu = time.monotonic(), time.process_time()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    taken = time.monotonic() - began
    waits.sort()
    print(json.dumps({"commits": len(waits), "seconds": taken, "cpu": time.process_time() - cpu, "failures": len(failures),
                      "p50 ms": waits[len(waits) // 2] * 1000, "p99 ms": waits[int(len(waits) * 0.99)] * 1000}))


if __name__ == "__main__":
    main(*sys.argv[1:])
