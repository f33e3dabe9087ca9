"""Measures the release binary beside others, one measure after the other, and writes results and plots.

    make bench                            all, about 35 minutes; writes bench/results.json and bench/plots/
    make bench BENCH_ONLY=health,start    only these
    make bench BENCH_ONLY=stores          a group of them, about ten minutes

A run of single measures, or with a scale, writes to build/bench instead. Measures of a group may be run again, all or some: they replace
theirs in bench/results.json and say by themselves at which commit, when and where.
    make bench BENCH_SCALE=0.1            a tenth of the durations and counts

A measure is a module of bench/measures:

    TITLE = "what it shows"
    GOALS = [("label", "figure", "<=" or ">=", number), …]     a figure is looked up in "ratios", then in "slipway"
    DRAW = ["figure", …]                                       optional: drawn as bars, one per side that has it
    def measure(context) -> dict
        {"slipway": {figure: value}, "<another side>": {figure: value}, "ratios": {name: value}, "notes": "n, duration, what was done"}

A figure's name carries its unit ("CPU us per request"). Nothing is asserted: what a figure is worth, bench/README.md says.
"""

import contextlib
import dataclasses
import datetime
import importlib
import json
import os
import pathlib
import platform
import signal
import subprocess
import sys
import tempfile
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "bench"))
import process  # noqa: E402

PRIORITY = -15
GROUPS = {"stores": ("store_postgres", "store_redis", "store_objects", "store_queue", "store_connections")}
MEASURES = ("start", "health", "chat", "idle", "documents", "search", "writers", *GROUPS["stores"])


@dataclasses.dataclass
class Context:
    folder: pathlib.Path  # empty, for this measure alone
    binary: pathlib.Path
    scale: float  # 1: the full length

    def scaled(self, full, least=1):
        return max(least, round(full * self.scale))

    @staticmethod
    def say(text):
        print(f"  {text}", flush=True)


def first_line(path, prefix=""):
    try:
        return next(line for line in pathlib.Path(path).read_text().splitlines() if line.startswith(prefix)).split(":")[-1].strip()
    except (OSError, StopIteration):
        return "unknown"


def machine():
    return {"cpu": first_line("/proc/cpuinfo", "model name"), "cores": len(process.CORES),
            "memory GB": round(int(first_line("/proc/meminfo", "MemTotal").split()[0]) / 2**20, 1),
            "kernel": platform.release(), "system": first_line("/etc/os-release", "PRETTY_NAME=").removeprefix("PRETTY_NAME=").strip('"'),
            "governor": first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
            "hypervisor": "hypervisor" in first_line("/proc/cpuinfo", "flags").split()}


def judge(goals, report):
    """Each goal with its figure, and whether it is met."""
    judged = []
    for label, figure, comparison, number in goals:
        value = report.get("ratios", {}).get(figure, report.get("slipway", {}).get(figure))
        met = value is not None and (value <= number if comparison == "<=" else value >= number)
        judged.append({"label": label, "figure": figure, "goal": f"{comparison} {number}", "value": value, "met": met})
    return judged


def run_measure(name, context):
    report = {"title": name, "load average before": round(os.getloadavg()[0], 2), "draw": []}
    began, goals = time.monotonic(), []
    try:
        module = importlib.import_module("measures." + name)
        goals = module.GOALS
        report |= {"title": module.TITLE, "draw": getattr(module, "DRAW", [])}
        print(f"{name}: {module.TITLE}", flush=True)
        report |= module.measure(context)
    except Exception:  # whatever it is, the other measures still run
        report["error"] = traceback.format_exc()
        print(report["error"], file=sys.stderr)
    return report | {"seconds": round(time.monotonic() - began), "goals": judge(goals, report)}


def table(report):
    sides = [name for name, value in report.items() if isinstance(value, dict)]
    for side in sides:
        print(f"  {side}")
        for figure, value in report[side].items():
            print(f"    {figure:<56} {value:>14,}" if isinstance(value, (int, float)) else f"    {figure:<56} {value}")
    for goal in report["goals"]:
        print(f"  {'met   ' if goal['met'] else 'MISSED'}  {goal['label']}: {goal['figure']} {goal['value']}, goal {goal['goal']}")
    print(f"  {report.get('notes', '')}", flush=True)


def header(scale):
    return {"commit": process.commit(), "scale": scale, "priority": os.getpriority(os.PRIO_PROCESS, 0), "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "machine": machine(), "load average before": [round(one, 2) for one in os.getloadavg()], "measures": {}}


def main():
    asked = os.environ.get("BENCH_ONLY", ",".join(MEASURES)).split(",")
    names = [name for one in asked for name in GROUPS.get(one, (one,))]
    unknown = [name for name in names if name not in MEASURES]
    if unknown:
        print(f"BENCH_ONLY: there is no {unknown[0]}; there are {', '.join((*MEASURES, *GROUPS))}", file=sys.stderr)
        return 2
    scale = float(os.environ.get("BENCH_SCALE", "1"))
    grouped = [name for group in GROUPS.values() for name in group]
    whole = scale == 1 and (set(names) == set(MEASURES) or set(names) <= set(grouped))
    folder = ROOT / ("bench" if whole else "build/bench")
    folder.mkdir(parents=True, exist_ok=True)
    results = header(scale)
    if whole and set(names) != set(MEASURES):
        earlier = json.loads((folder / "results.json").read_text())
        results, of_group = earlier, {key: results[key] for key in ("commit", "date", "machine", "priority")}
    else:
        of_group = {}
    for name in MEASURES:
        if name not in names:
            continue
        with tempfile.TemporaryDirectory(prefix=f"bench-{name}-", ignore_cleanup_errors=True) as room:
            report = run_measure(name, Context(pathlib.Path(room), pathlib.Path(os.environ["SLIPWAY_BINARY"]), scale))
        results["measures"][name] = report | of_group
        table(report)
        (folder / "results.json").write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")  # a stopped run is not lost
    drawn = subprocess.run([sys.executable, str(ROOT / "bench/plot.py"), str(folder / "results.json"), str(folder / "plots")], check=False)
    return 1 if drawn.returncode or any("error" in results["measures"][name] for name in names) else 0


def ahead_of_others():
    """Runs main() before all else that the machine has to do, where that is allowed; in a session of its own, as the kernel shares the
    processor among sessions first. What a busy machine does to a figure is else the largest part of it."""
    child = os.fork()
    if child == 0:
        os.setsid()
        with contextlib.suppress(OSError):
            pathlib.Path("/proc/self/autogroup").write_text(str(PRIORITY))
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
        sys.exit(main())
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: os.killpg(child, number))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.exit(ahead_of_others())
