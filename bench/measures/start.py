"""Start to first answer on existing data, and what an idle server holds."""

import socket
import subprocess
import time

import process
import programs

TITLE = "Start to first answer on existing data, and idle memory"
GOALS = [("start to first answer, ms", "start to first answer ms", "<=", 50), ("idle memory, MB", "idle RSS MB", "<=", 30)]
DRAW = ["CPU s until first answer", "idle RSS MB"]

# Measured by the project's owner on the seed with its own dependencies; stands in the task, not measured here.
ORIGINAL = {"CPU s until first answer": 4.4, "idle RSS MB": 253}
PROBE = b"GET /health HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n"


def until_first_answer(port, began, process_alive):
    """Asks until somebody answers; seconds since `began`."""
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), 5) as connection:
                connection.sendall(PROBE)
                answer = connection.recv(4096)
        except ConnectionRefusedError:
            if process_alive() is not None:
                raise RuntimeError("the server ended before it answered") from None
            time.sleep(0.0005)
            continue
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"answered {answer[:200]!r}")
        return time.monotonic() - began


def one_start(command, port, settle, environment):
    began = time.monotonic()
    with process.running(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        wall = until_first_answer(port, began, server.poll)
        cpu = process.cpu_seconds(server.pid)
        time.sleep(settle)  # what is done after the first answer, such as looking for changed documents, is done then
        memory = process.memory_kb(server.pid)
        idle_cpu = process.cpu_seconds(server.pid)
        time.sleep(settle)
        idle_cpu = process.cpu_seconds(server.pid) - idle_cpu
    return {"wall": wall, "cpu": cpu, "idle": idle_cpu / settle, **memory}


def rounds_of(name, command, count, settle, environment, context):
    """`command(port)` started `count` times; the first start, which warms the page cache, does not count."""
    runs = []
    for _ in range(count + 1):
        port = process.free_port()
        runs.append(one_start(command(port), port, settle, environment))
    runs = runs[1:]

    def middle(key):
        return process.median([run[key] for run in runs])
    context.say(f"{name}: " + ", ".join(f"{run['wall'] * 1000:.0f} ms" for run in runs))
    return {"start to first answer ms": round(middle("wall") * 1000, 1), "CPU s until first answer": round(middle("cpu"), 4),
            "idle RSS MB": round(middle("rss") / 1024, 1), "idle PSS MB": round(middle("pss") / 1024, 1),
            "idle anonymous MB": round(middle("anonymous") / 1024, 1), "idle CPU ms per s": round(middle("idle") * 1000, 2)}


def measure(context):
    data = context.folder / "data"
    with programs.Server(programs.WWHD, data) as server:  # the existing data: 33 documents, indexed
        server.wait_for_documents()

    def slipway(port):
        return [context.binary, "serve", programs.WWHD, "--data", data, "--port", port]

    def fastapi(port):
        return ["/usr/bin/python3", "-m", "uvicorn", "--app-dir", process.ROOT / "bench/peers", "--port", port, "--log-level", "warning",
                "fastapi_health:app"]

    count = context.scaled(10, 3)
    settle = 2.0 if context.scale >= 1 else 1.0
    ours = rounds_of("slipway", slipway, count, settle, programs.clean_environment(), context)
    python = rounds_of("fastapi", fastapi, max(3, count // 2), settle, process.python_environment(), context)
    return {"slipway": ours, "FastAPI with one route": python, "original (not measured here)": ORIGINAL,
            "ratios": {"CPU of the original / ours": round(ORIGINAL["CPU s until first answer"] / ours["CPU s until first answer"], 1),
                       "memory of the original / ours": round(ORIGINAL["idle RSS MB"] / ours["idle RSS MB"], 1),
                       "CPU of FastAPI with one route / ours":
                           round(python["CPU s until first answer"] / ours["CPU s until first answer"], 1)},
            "notes": f"Median of {count} starts after one that warms the page cache; apps/wwhd with its 33 documents, without a key. "
                     "Start: from fork to the first 200 of GET /health; memory after the server has looked through its documents."}
