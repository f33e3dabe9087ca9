"""Each fuzz target of fuzz/ for five minutes, as many at once as there are cores."""

import concurrent.futures
import os
import re
import subprocess

import soak

SECONDS = 300
BUILD = soak.ROOT / "build/fuzz"


def fuzz(target, seconds):
    """Executions, and what it found."""
    done = subprocess.run(["scripts/fuzz.sh", str(seconds), target], cwd=soak.ROOT, capture_output=True, text=True, check=False)
    count = re.search(r"number_of_executed_units:\s*(\d+)", done.stdout)
    found = [] if done.returncode == 0 else [f"fuzz target {target}: {done.stdout[-500:]} (build/fuzz/found/{target}.log)"]
    return int(count[1]) if count else 0, found


def run(context):
    jobs = os.cpu_count() or 1
    for command in (["cmake", "--preset", "fuzz"], ["cmake", "--build", "--preset", "fuzz", "--parallel", str(jobs)]):
        subprocess.run(command, cwd=soak.ROOT, check=True, stdout=subprocess.DEVNULL)
    targets, seconds = sorted(path.name for path in (soak.ROOT / "fuzz/corpus").iterdir()), context.scaled(SECONDS)
    executions, findings = {}, []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for target, (count, found) in zip(targets, pool.map(lambda one: fuzz(one, seconds), targets)):
            context.say(f"{target}: {count} inputs, {'nothing found' if not found else found[0]}")
            executions[target] = count
            findings += found
    return {"seconds each": seconds, "inputs": executions, "findings": findings}
