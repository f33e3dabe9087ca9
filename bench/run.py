"""Measures the release binary and writes bench/results.json. Method and limits: bench/README.md."""

import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/end_to_end"))
os.environ.setdefault("SLIPWAY_BINARY", str(ROOT / "build/release/slipway"))
import http_api  # noqa: E402
import programs  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mb(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def wrk(url, seconds=5, connections=32):
    out = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", url], capture_output=True, text=True, check=True).stdout
    rate = next(float(line.split()[1]) for line in out.splitlines() if line.startswith("Requests/sec"))
    return rate, rate * seconds


def main():
    results = {"machine": f"{platform.machine()}, {os.cpu_count()} cores", "commit": subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()}
    with tempfile.TemporaryDirectory() as folder:
        data = pathlib.Path(folder) / "data"
        began = time.monotonic()
        with programs.Server(programs.WWHD, data) as server:
            server.wait_for_documents()
            results["first start, 33 documents indexed, s"] = round(time.monotonic() - began, 2)
        began = time.monotonic()
        with programs.Server(programs.WWHD, data) as server:
            results["start on existing data, s"] = round(time.monotonic() - began, 3)
            server.wait_for_documents()
            results["idle memory, MB"] = round(memory_mb(server.process.pid), 1)
            before = cpu_seconds(server.process.pid)
            rate, count = wrk(server.url + "/health")
            results["GET /health, requests/s"] = round(rate)
            results["GET /health, CPU us each"] = round((cpu_seconds(server.process.pid) - before) / count * 1e6, 1)
            api = http_api.register(server.url)
            questions = [json.loads(line)["question"] for line in (ROOT / "tests/retrieval/wwhd.jsonl").read_text().splitlines()
                         if '"single"' in line]
            times = []
            before = cpu_seconds(server.process.pid)
            for question in questions:
                one = time.monotonic()
                api.get("/api/search?" + urllib.parse.urlencode({"q": question}))
                times.append(time.monotonic() - one)
            times.sort()
            results["GET /api/search, p50 ms"] = round(times[len(times) // 2] * 1000, 2)
            results["GET /api/search, p99 ms"] = round(times[int(len(times) * 0.99)] * 1000, 2)
            results["GET /api/search, CPU ms each"] = round((cpu_seconds(server.process.pid) - before) / len(times) * 1000, 2)
    text = json.dumps(results, indent=2)
    (ROOT / "bench/results.json").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
