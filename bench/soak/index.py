"""Large indexes through the port, in the engines that deployments use: 50,000 passages of 1,536 dimensions (OpenAI's) inside 1.5 GB, the
engine's memory included. tools/store-bench makes the passages, knows the true neighbours of 50
questions, and says how many of them are found.
"""

import json
import subprocess
import threading

import engines
import process

GB = 1_000_000  # KB
MEMORY_MAX = 1.5 * GB
RECALL_MIN = 0.95
MIDDLING = {"passages": 50_000, "dimension": 1536}
SMALL_HEAP = ("-Xms512m", "-Xmx512m", "-XX:+UseSerialGC")


class Watch(threading.Thread):
    """The most memory that these processes and their children held together, looked at every half second."""

    def __init__(self, pids):
        super().__init__(daemon=True)
        self.pids, self.most, self.ended = pids, 0, threading.Event()

    def run(self):
        while not self.ended.wait(0.5):
            held = 0
            for pid in {one for pid in self.pids for one in process.children(pid)}:
                try:
                    held += process.memory_kb(pid)["pss"]
                except (FileNotFoundError, ProcessLookupError, KeyError, IndexError):
                    continue  # it has just ended
            self.most = max(self.most, held)


def fill(context, engine_pids, **settings):
    settings = {"store": "index", "concurrency": 2, "warm_up_ms": 1000, "duration_ms": 10_000} | settings
    settings["passages"] = context.scaled(settings["passages"])
    bench = subprocess.Popen([process.ROOT / "build/release/store-bench", json.dumps(settings)], stdout=subprocess.PIPE, text=True)
    watch = Watch([*engine_pids, bench.pid])
    watch.start()
    answer, _ = bench.communicate()
    watch.ended.set()
    watch.join()
    if bench.returncode != 0:
        raise RuntimeError(f"store-bench ended with {bench.returncode}")
    report = json.loads(answer) | {"memory MB": round(watch.most / 1000)}
    context.say(f"{settings['kind']}: {json.dumps(report)}")
    return report


def embedded(context, folder):
    return fill(context, [], kind="embedded", file=str(folder / "index.sqlite"), **MIDDLING)


def postgres(context, folder):
    with engines.Postgres(folder, "16") as server:
        server.database("bench")
        return fill(context, [server.process.pid], kind="postgres", url=server.url("application", "bench"),
                    owner_url=server.url("owner", "bench"), **MIDDLING)


def opensearch(context, folder, size=None, java=SMALL_HEAP):
    with engines.OpenSearch(folder, java) as server:
        return fill(context, [server.process.pid], kind="opensearch", url=f"opensearch+{server.url}", **(size or MIDDLING))


def findings_of(name, report, memory_max=None):
    findings = []
    if min(report["recall"], report["recall filtered"]) < RECALL_MIN:
        findings.append(f"{name}: {report['recall']:.2f} of the true neighbours were found, {report['recall filtered']:.2f} by a filter")
    if memory_max and report["memory MB"] * 1000 > memory_max:
        findings.append(f"{name}: {report['memory MB']} MB")
    return findings


def run(context):
    reports, findings = {}, []
    for part in (embedded, postgres, opensearch):
        folder = context.folder / part.__name__
        folder.mkdir()
        reports[part.__name__] = part(context, folder)
        findings += findings_of(part.__name__, reports[part.__name__], MEMORY_MAX)
    return reports | {"findings": findings}
