"""How long a function takes to begin, and how large it is: `slipway lambda` beside the least that Python and Go can be.

    scripts/lambda-zip.sh apps/unamentis && /usr/bin/python3 bench/lambda.py [--rounds 15]

Each is started in an empty folder under the Runtime API of the tests (tests/end_to_end/lambda_emulator.py). Told are: the zip; from the start of the
process to its first question for work (what AWS calls init, without the time to fetch and unpack the zip, and with files that are in memory already);
the first answer; the middle of 50 answers after it; memory. Slipway is the whole application with its database (SQLite, which has to be made, or
DATABASE_URL), routes, guards and search; the peers answer {"status": "healthy"} by a hand-written loop over the same API and do nothing else.
"""

import argparse
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/end_to_end"))
from lambda_emulator import Sandbox, http_api  # noqa: E402

PATIENCE = 60
WARM = 50  # answers after the first
PYTHON = '''
import http.client, json, os
connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    connection.request("GET", "/2018-06-01/runtime/invocation/next")
    answer = connection.getresponse()
    event, number = json.loads(answer.read()), answer.headers["Lambda-Runtime-Aws-Request-Id"]
    body = json.dumps({"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps({"status": "healthy"}),
                       "isBase64Encoded": False})
    connection.request("POST", f"/2018-06-01/runtime/invocation/{number}/response", body)
    connection.getresponse().read()
'''
GO = '''
package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
)

func main() {
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		answer, err := http.Get(api + "next")
		if err != nil {
			os.Exit(0)
		}
		var event map[string]any
		payload, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		json.Unmarshal(payload, &event)
		body, _ := json.Marshal(map[string]any{"statusCode": 200, "body": "{\\"status\\": \\"healthy\\"}", "isBase64Encoded": false,
			"headers": map[string]string{"content-type": "application/json"}})
		told, err := http.Post(api+answer.Header.Get("Lambda-Runtime-Aws-Request-Id")+"/response", "application/json", bytes.NewReader(body))
		if err == nil {
			io.Copy(io.Discard, told.Body)
			told.Body.Close()
		}
	}
}
'''


def zip_of(place, files):
    target = place / "function.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        for file in files:
            package.write(file, file.name)
    return target.stat().st_size


def peers(place):
    """{name: (command, bytes of the zip)}"""
    found = {}
    package = ROOT / "build/lambda/unamentis.zip"
    if package.exists():
        folder = place / "slipway"
        with zipfile.ZipFile(package) as zipped:
            for entry in zipped.infolist():
                path = pathlib.Path(zipped.extract(entry, folder))
                path.chmod(entry.external_attr >> 16 & 0o777)
        found["slipway"] = [str(folder / "bootstrap")], package.stat().st_size
    python = place / "python"
    python.mkdir()
    (python / "handler.py").write_text(PYTHON)
    found["python"] = [shutil.which("python3", path="/usr/bin"), str(python / "handler.py")], zip_of(python, [python / "handler.py"])
    go = shutil.which("go") or "/usr/local/go/bin/go"
    if pathlib.Path(go).exists():
        folder = place / "go"
        folder.mkdir()
        (folder / "main.go").write_text(GO)
        (folder / "go.mod").write_text("module probe\n\ngo 1.18\n")
        subprocess.run([go, "build", "-trimpath", "-ldflags", "-s -w", "-o", "bootstrap", "."], cwd=folder, check=True,
                       env={"PATH": "/usr/bin:/bin", "HOME": str(place), "CGO_ENABLED": "0", "GOTOOLCHAIN": "local"})
        found["go"] = [str(folder / "bootstrap")], zip_of(folder, [folder / "bootstrap"])
    return found


def one_start(command, place):
    sandbox = Sandbox("", place, command=command, handler="auth", LAMBDA_TASK_ROOT=pathlib.Path(command[0]).parent, JWT_SECRET="a secret of the bench that is long enough to sign with")
    begun = time.monotonic()
    sandbox.start()
    assert sandbox.waiting.wait(PATIENCE), "".join(sandbox.log.all)
    start = time.monotonic() - begun
    event, times = http_api("GET", "/api/health"), []
    for _ in range(WARM + 1):
        begun = time.monotonic()
        outcome = sandbox.send(event)
        assert outcome.done.wait(PATIENCE) and outcome.json["statusCode"] == 200
        times.append(time.monotonic() - begun)
    memory = int(next(line for line in pathlib.Path(f"/proc/{sandbox.process.pid}/status").read_text().splitlines() if line.startswith("VmRSS")).split()[1])
    sandbox.process.kill()
    sandbox.process.wait()
    sandbox.end()
    return start, times[0], statistics.median(times[1:]), memory / 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        found = peers(place)
        measured = {peer: [] for peer in found}
        for number in range(rounds):  # in turn, so that what else the machine does falls on all alike
            for peer, (command, _) in found.items():
                measured[peer].append(one_start(command, place / f"{peer}-{number}"))
        rows = {}
        for peer, (_, size) in found.items():
            start, first, warm, memory = (sorted(column) for column in zip(*measured[peer]))
            middle = rounds // 2
            rows[peer] = {"zip_mb": round(size / 1e6, 2), "start_ms": [round(1000 * start[at], 1) for at in (0, middle, -1)],
                          "first_answer_ms": round(1000 * first[middle], 1), "warm_answer_ms": round(1000 * warm[middle], 2), "memory_mb": round(memory[middle], 1)}
            print(f"{peer:8} zip {rows[peer]['zip_mb']:6.2f} MB   start {rows[peer]['start_ms']} ms (least, middle, most)   first {rows[peer]['first_answer_ms']} ms   "
                  f"then {rows[peer]['warm_answer_ms']} ms   {rows[peer]['memory_mb']} MB")
        print(json.dumps(rows))


if __name__ == "__main__":
    main()
