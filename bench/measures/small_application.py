"""The application that documents, search and writers are measured on: no routes of its own, no model that anybody has to pay."""

import http.client
import json
import os
import pathlib
import subprocess
import urllib.parse
import uuid

import process

MANIFEST = """
name: bench
title: Bench
environment: test
models: {{ order: [local, openai] }}
knowledge:
  upload_bytes_max: 1MB
  embedding: {{ {embedding} }}
chat:
  graph:
    librarian:   {{ kind: retrieve }}
    interpreter: {{ kind: answer }}
"""
WORDS = "order: []"
LOCAL = "order: [local]"
SCRIPTED = "order: [openai], model: scripted, dimension: 384"  # tools/scripted-provider, named by OPENAI_BASE_URL


def write(folder, embedding=WORDS):
    """The folder of an application that searches by words, or by words and meaning."""
    folder.mkdir(parents=True)
    (folder / "app.yaml").write_text(MANIFEST.format(embedding=embedding))
    return folder


class Client:
    """One connection that is kept, as lean as Python allows: the client must not be what is measured."""

    def __init__(self, url, token=None):
        self._connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=600)
        self.headers = {"Content-Type": "application/json"} | ({"Authorization": "Bearer " + token} if token else {})

    def call(self, method, path, body=None):
        self._connection.request(method, path, body, self.headers)
        response = self._connection.getresponse()
        answer = response.read()
        if response.status >= 300:
            raise RuntimeError(f"{method} {path}: {response.status} {answer[:600]!r}")
        return answer


def member(url):
    """The client of a new member."""
    name = "user" + uuid.uuid4().hex[:12]
    body = json.dumps({"email": f"{name}@example.org", "username": name, "password": "correct horse battery"})
    client = Client(url)
    client.headers["Authorization"] = "Bearer " + json.loads(client.call("POST", "/api/auth/register", body))["access_token"]
    return client


def sums(client, metric, label):
    """Of a histogram of /metrics: {value of the label: (sum, count)}."""
    found = {}
    for line in client.call("GET", "/metrics").decode().splitlines():
        for place, ending in enumerate(("_sum", "_count")):
            if line.startswith(metric + ending) and f'{label}="' in line:
                found.setdefault(line.split(f'{label}="')[1].split('"')[0], [0, 0])[place] = float(line.split()[-1])
    return found


def memory_most_mb(pid):
    """Resident memory at its highest so far."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in status if line.startswith("VmHWM:")).split()[1]) / 1024


def wait(run):
    """Waits for the end of a process that must succeed; what it used."""
    _, status, usage = os.wait4(run.pid, 0)
    run.returncode = os.waitstatus_to_exitcode(status)
    if run.returncode:
        raise RuntimeError(f"{run.args}: exit {run.returncode}")
    return usage


def ingest(binary, application, texts, data, environment):
    """`slipway ingest` of a folder, into data that no server uses; what it said, and what it used."""
    command = [binary, "ingest", application, texts, "--data", data]
    with process.running(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment) as run:
        said = run.stdout.read()
        return said, wait(run)
