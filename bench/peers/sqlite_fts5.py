"""Search by words with SQLite's FTS5 from Python: the same passages, the same questions, bm25, the best ten.

    sqlite_fts5.py DATABASE PASSAGES QUESTIONS      PASSAGES: JSON lines of text; QUESTIONS: JSON lines; prints JSON

A question's words are joined by OR, as a search that ranks does it. Words that nearly every passage has ("the", "is") are left out of
the query, which FTS5 does not do by itself: with them each query would rank every passage. Words are stemmed (porter), as Slipway does.
"""

import json
import pathlib
import resource
import sqlite3
import sys
import time

STOP_WORDS = {"what", "is", "the", "a", "of", "in", "to", "and"}


def search(connection, question):
    words = [word for word in question.lower().split() if word not in STOP_WORDS]
    match = " OR ".join('"' + word.replace('"', "") + '"' for word in words)
    return connection.execute("select rowid, text, bm25(passages) from passages where passages match ? order by rank limit 10", (match,)).fetchall()


def main(database, passages, questions):
    connection = sqlite3.connect(database)
    connection.execute("create virtual table passages using fts5(text, tokenize = 'porter unicode61')")
    began = time.perf_counter()
    with pathlib.Path(passages).open() as lines:
        connection.executemany("insert into passages values (?)", ((json.loads(line),) for line in lines))
    connection.commit()
    filled = time.perf_counter() - began
    asked = [json.loads(line) for line in pathlib.Path(questions).read_text().splitlines()]
    for question in asked[:20]:
        search(connection, question)
    waits, found, cpu = [], 0, time.process_time()
    for question in asked:
        began = time.perf_counter()
        found += len(search(connection, question))
        waits.append((time.perf_counter() - began) * 1000)
    print(json.dumps({"waits": waits, "cpu": time.process_time() - cpu, "found": found, "filled s": filled,
                      "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main(*sys.argv[1:])
