"""The programs under test: the server, its command line, and the scripted provider that stands in for a paid model.

SLIPWAY_BINARY names the binary (default build/dev/slipway); scripted-provider lies beside it.
"""

import itertools
import json
import os
import pathlib
import queue
import random
import signal
import socket
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = ROOT / "build/python/tests"  # scripts/install.sh test fills it from tests/requirements.txt
BINARY = pathlib.Path(os.environ.get("SLIPWAY_BINARY", ROOT / "build/dev/slipway")).resolve()
PROVIDER = BINARY.parent / "scripted-provider"
WWHD = ROOT / "apps/wwhd"
PATIENCE = int(os.environ.get("SLIPWAY_PATIENCE", "240"))  # seconds; a sanitized binary on a busy machine is slow, and no test is about speed

sys.path.insert(0, str(PACKAGES))


# Below those that the kernel gives to clients, and for each process of tests that run side by side (pytest-xdist: gw0, gw1 …) its own:
# whoever asked the kernel for a free one could lose it to another before it listens there.
_FIRST_PORT, _PORTS_OF_A_PROCESS, _PROCESSES = 20_000, 1_500, 8
_numbers = itertools.count(random.randrange(_PORTS_OF_A_PROCESS))


def free_port():
    first = _FIRST_PORT + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % _PROCESSES * _PORTS_OF_A_PROCESS
    for number in itertools.islice(_numbers, _PORTS_OF_A_PROCESS):
        port = first + number % _PORTS_OF_A_PROCESS
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise RuntimeError(f"no port is free from {first} on")


def clean_environment(**more):
    """What a fresh machine has: no key, no variable that an application reads."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS",
                                                    "SLIPWAY_AWS_CALLS")
            if name in os.environ}
    return {**kept, **{name: str(value) for name, value in more.items()}}


def run_cli(*arguments, folder, check=0, **options):
    """Runs one command to its end; `check` is the exit code that it must have (None: any)."""
    environment = clean_environment(**options.pop("environment", {}))
    done = subprocess.run([str(BINARY), *map(str, arguments)], cwd=folder, env=environment, capture_output=True, text=True,
                          timeout=PATIENCE, **options)
    if check is not None:
        assert done.returncode == check, f"{arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


class Lines:
    """The lines of a pipe, read by a thread so that the program never waits for us."""

    def __init__(self, pipe):
        self.all = []
        self._queue = queue.Queue()
        self._thread = threading.Thread(target=self._read, args=(pipe,), daemon=True)
        self._thread.start()

    def _read(self, pipe):
        for line in pipe:
            self.all.append(line)
            self._queue.put(line)
        self._queue.put(None)

    def finish(self):
        self._thread.join(PATIENCE)

    def wait_for(self, wanted, seconds=PATIENCE):
        """The first line from here on for which `wanted` gives something; that is what is returned."""
        end = time.monotonic() + seconds
        while True:
            try:
                line = self._queue.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"not seen in {seconds} s:\n{''.join(self.all[-40:])}") from None
            if line is None:
                raise AssertionError(f"the program ended:\n{''.join(self.all[-40:])}")
            found = wanted(line)
            if found:
                return found


def event_of(name):
    def wanted(line):
        try:
            entry = json.loads(line)
        except ValueError:
            return None
        return entry if isinstance(entry, dict) and entry.get("event") == name else None
    return wanted


class Server:
    """`slipway serve` on a free port; stopped with SIGTERM at the end of the `with`."""

    port = 0

    def __init__(self, application, data, *arguments, **environment):
        self.application, self.data = pathlib.Path(application), pathlib.Path(data)
        self._folder = self.data.parent
        self._folder.mkdir(parents=True, exist_ok=True)
        self._environment = {name: str(value) for name, value in environment.items()}
        self._arguments = arguments
        self.process = self.log = None

    def command(self):
        return [str(BINARY), "serve", str(self.application), "--port", str(self.port), "--data", str(self.data), *self._arguments]

    def start(self):
        self.process = subprocess.Popen(self.command(), cwd=self._folder, env=clean_environment(**self._environment),
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.log = Lines(self.process.stderr)
        self.url = self.log.wait_for(event_of("serving"))["url"]
        return self

    def wait_for_documents(self):
        return self.log.wait_for(event_of("documents up to date"))

    def events(self, name):
        return [entry for entry in map(event_of(name), list(self.log.all) if self.log else []) if entry]

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE)

    def wait(self):
        code = self.process.wait(PATIENCE)
        self.log.finish()
        report = next((number for number, line in enumerate(self.log.all) if "Sanitizer" in line), -60)
        assert code == 0, f"exit {code}\n{''.join(self.log.all[report:][:120])}"

    def __enter__(self):
        return self.start() if self.process is None else self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.terminate()
        try:
            self.wait()
        finally:
            if self.process.poll() is None:
                self.kill()


class Provider:
    """tools/scripted-provider with rules of tools/scripted-provider/script.h."""

    def __init__(self, folder, rules=(), quiet=False):
        script = folder / "script.json"
        script.write_text(json.dumps({"rules": list(rules)}))
        self._record = folder / "record.jsonl"
        command = [str(PROVIDER), "--script", str(script), "--record", str(self._record),
                   "--dimension", "1536"]  # as text-embedding-3-small has it
        errors = subprocess.DEVNULL if quiet else None  # each answer that its rules cut is one
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("listening on http://"), line
        self.url = line.split()[-1]

    def record(self):
        """What it was asked so far. A line that is still being written does not count yet."""
        text = self._record.read_text() if self._record.exists() else ""
        return [json.loads(line) for line in text.split("\n")[:-1]]

    def environment(self):
        return {"OPENAI_BASE_URL": self.url + "/v1", "OPENAI_API_KEY": "sk-of-the-test"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        assert self.process.wait(PATIENCE) == 0


def eventually(question, seconds=PATIENCE):
    """Asks until the answer is true; returns it."""
    end = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        assert time.monotonic() < end, "it never became true"
        time.sleep(0.1)
