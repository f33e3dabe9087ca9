"""The cases of the Autobahn TestSuite (driven by kosoku) against tools/websocket-echo, which is src/net and an echo.

All that apply to a server without compression. 12 and 13 ask for permessage-deflate, which is not offered: of each kind
one shows that it is declined.
"""

import collections
import importlib.util
import json
import subprocess
import sys

import pytest

from programs import BINARY, PACKAGES, PATIENCE, ROOT

if importlib.util.find_spec("kosoku") is None:
    pytest.skip("kosoku is not there: scripts/install.sh test fetches it", allow_module_level=True)

APPLICABLE = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "9.*", "10.*"]
ACCEPTED = {"OK", "NON-STRICT", "INFORMATIONAL"}

# In a process of its own, left with _exit: kosoku's threads now and then abort an interpreter that ends around them.
RUNNER = """
import asyncio, json, os, sys
sys.path.insert(0, sys.argv[1])
from kosoku import FailureError, run_fuzzingclient
try:
    results = asyncio.run(run_fuzzingclient(sys.argv[2], sys.argv[3:]))
except FailureError as failure:
    results = failure.results
print(json.dumps({result.case_id: [result.behavior.value, result.behavior_close.value] for result in results}), flush=True)
os._exit(0)
"""


@pytest.fixture(scope="module")
def echo():
    program = next((path for path in (BINARY.parent / "websocket-echo", ROOT / "build/dev/websocket-echo") if path.exists()), None)
    assert program, "websocket-echo is not built: make build-dev"
    process = subprocess.Popen([str(program)], stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    assert line.startswith("listening on ws://"), line
    yield line.split()[-1]
    process.terminate()
    assert process.wait(PATIENCE) == 0


def run(url, cases):
    """What each case came to: of its messages, and of the close."""
    done = subprocess.run([sys.executable, "-c", RUNNER, str(PACKAGES), url, *cases], stdout=subprocess.PIPE, text=True, check=True,
                          timeout=2 * PATIENCE)
    return {case: tuple(outcome) for case, outcome in json.loads(done.stdout).items()}


def test_frames_messages_and_closes_are_as_the_rfc_says(echo):
    outcomes = run(echo, APPLICABLE)
    print(collections.Counter(outcomes.values()))
    assert len(outcomes) == 301
    assert not {case: outcome for case, outcome in outcomes.items() if not set(outcome) <= ACCEPTED}


def test_compression_is_declined(echo):
    assert set(run(echo, ["12.1.1", "12.2.1", "13.1.1", "13.7.1"]).values()) == {("UNIMPLEMENTED", "OK")}
