"""How the original registers documents, without its web framework: LangChain's splitter, SQLite, one commit for each document.

    langchain_register.py DATABASE TEXTS [rollback|wal] [words]     TEXTS: JSON lines of {"title", "content"}; prints JSON

What the original does for POST /api/v1/documents/: it inserts a row of `documents` with the whole text, cuts the text with
RecursiveCharacterTextSplitter(500, overlap 50), and gives each piece with its metadata to the vector store. Here the pieces go into a table
of the same file in the same transaction, with the metadata as JSON, in the place of the vector store and of the embeddings. That is less
than the original does: no ORM, no validation, no HTTP, no second store. No index of words is made, as the original has none; with `words` the
pieces are also put into an FTS5 table (porter) in the same transaction, so that they can be found, as ours can.

SQLite as the original has it (rollback journal, synchronous FULL), or with a write-ahead log and synchronous FULL, which is faster.
"""

import json
import pathlib
import resource
import sqlite3
import sys
import time
import uuid

from langchain_text_splitters import RecursiveCharacterTextSplitter

TABLES = """
create table documents (id integer primary key autoincrement, namespace text, title text, content text, filename text, file_type text,
    file_size float, chunk_count float default 0, youtube_url text, youtube_metadata json, vector_id text, embedding_model text,
    uploaded_by integer, metadata_json json, source_url text, created_at text, updated_at text);
create index documents_namespace on documents(namespace);
create table points (id text primary key, page_content text, metadata json);
"""


WORDS = "create virtual table words using fts5(text, tokenize = 'porter unicode61')"


def register(connection, splitter, title, content, searchable):
    now = time.strftime("%Y-%m-%d %H:%M:%S")
    row = connection.execute("insert into documents(namespace, title, content, file_size, created_at, updated_at) values (?, ?, ?, ?, ?, ?)",
                             ("general", title, content, len(content), now, now))
    pieces = splitter.split_text(content)
    connection.executemany("insert into points values (?, ?, ?)", [
        (str(uuid.uuid4()), piece, json.dumps({"document_id": str(row.lastrowid), "title": title, "namespace": "general",
                                               "chunk_index": index, "total_chunks": len(pieces)}))
        for index, piece in enumerate(pieces)])
    if searchable:
        connection.executemany("insert into words values (?)", ([piece] for piece in pieces))
    connection.execute("update documents set chunk_count = ? where id = ?", (len(pieces), row.lastrowid))
    connection.commit()
    return len(pieces)


def main(database, texts, journal="rollback", index=None):
    documents = [json.loads(line) for line in pathlib.Path(texts).read_text().splitlines()]
    connection = sqlite3.connect(database)
    connection.execute("pragma journal_mode = " + {"rollback": "delete", "wal": "wal"}[journal])
    connection.execute("pragma synchronous = full")
    connection.executescript(TABLES)
    if index:
        connection.execute(WORDS)
    splitter = RecursiveCharacterTextSplitter(chunk_size=500, chunk_overlap=50)
    began, cpu = time.perf_counter(), time.process_time()
    pieces = sum(register(connection, splitter, document["title"], document["content"], index) for document in documents)
    print(json.dumps({"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu, "pieces": pieces,
                      "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main(*sys.argv[1:])
