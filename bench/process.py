"""What the kernel knows about a process (CPU, memory), where processes run, and programs of this repository under measurement."""

import contextlib
import os
import pathlib
import resource
import signal
import socket
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
PACKAGES = ROOT / "build/python/bench"  # scripts/install.sh bench fills it from bench/requirements.txt
CORES = sorted(os.sched_getaffinity(0))
sys.path.insert(0, str(ROOT / "tests/end_to_end"))
os.environ.setdefault("SLIPWAY_BINARY", str(ROOT / "build/release/slipway"))
import programs  # noqa: E402


def git(*arguments):
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def commit():
    """The commit under measurement; with "+" where the work tree differs from it."""
    return git("rev-parse", "--short", "HEAD") + ("+" if git("status", "--porcelain", "--untracked-files=no", "--", "src", "apps") else "")


def cpu_seconds(pid):
    """User and system time of all threads of a process so far, in nanoseconds' steps: its CPU clock, as clock_getcpuclockid names it."""
    return time.clock_gettime((~pid << 3) | 2)


def cpu_of(pids):
    return sum(map(cpu_seconds, pids))


def children(pid):
    """The process and all that it started."""
    found = [pid]
    for one in found:
        with contextlib.suppress(FileNotFoundError):
            found += [int(child) for task in pathlib.Path(f"/proc/{one}/task").iterdir()
                      for child in (task / "children").read_text().split()]
    return found


def memory_kb(pid):
    """Resident memory of a process; "pss" counts a page that n processes share as 1/n, "private" not at all."""
    fields = {}
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, value = line.split(":")
        fields[name] = int(value.split()[0])
    return {"rss": fields["Rss"], "pss": fields["Pss"], "private": fields["Private_Clean"] + fields["Private_Dirty"],
            "anonymous": fields["Anonymous"]}


@contextlib.contextmanager
def on_cores(*numbers):
    """What is started inside runs on these cores (indexes into CORES), and nowhere else."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {CORES[number % len(CORES)] for number in numbers})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def open_files(wanted):
    """Raises the limit of open files, for this process and what it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= wanted:
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(hard, wanted)))  # above the hard limit only root may


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, seconds=30):
    end = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.01)


def python_environment():
    """For a peer in Python: the packages of bench/requirements.txt, and nothing of the caller's."""
    return programs.clean_environment(PYTHONPATH=str(PACKAGES), PYTHONDONTWRITEBYTECODE="1")


@contextlib.contextmanager
def running(command, **options):
    """A process for the time of the `with`: ended with SIGTERM, and with SIGKILL when that does not help."""
    process = subprocess.Popen([str(part) for part in command], **options)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wrk(url, seconds, connections, core, *arguments):
    """Load from one thread of wrk on one core; gives requests and requests per second, and fails when one was not answered with 2xx."""
    with on_cores(core):
        text = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", *arguments, url], capture_output=True, text=True,
                              check=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        raise RuntimeError(f"{url}:\n{text}")
    words = text.split()
    return {"requests": int(words[words.index("requests") - 1]), "rate": float(words[words.index("Requests/sec:") + 1])}


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
