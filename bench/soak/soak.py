"""Long tests: stages that run one after the other, each against the real binary. Writes bench/soak.json.

    make soak                                  all stages at full length, under three hours on two cores
    make soak SOAK_STAGES=kill,fuzz            only these; the others keep what they last said
    make soak SOAK_STAGES=index,million        large indexes in each engine, which the whole run leaves out
    make soak SOAK_SCALE=0.1                   a tenth of the rounds and minutes; a figure of this kind is marked in the file
    make soak SOAK_SEED=7                      the same random choices again

A stage is a module beside this one with `def run(context) -> dict`: what it did (rounds, requests, seconds …) and "findings", a list of
sentences that is empty when all held. An exception is a finding, too.
"""

import dataclasses
import importlib
import json
import os
import pathlib
import random
import sys
import tempfile
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))
import process  # noqa: E402  (it names the release binary, too)

STAGES = ("kill", "damage", "load", "memory", "fuzz")
APART = ("index", "million")  # only when they are named: half an hour of other programs' work
REPORT = ROOT / "bench/soak.json"


@dataclasses.dataclass
class Context:
    seed: int
    scale: float  # 1: the full length
    folder: pathlib.Path  # empty, for this stage alone

    def __post_init__(self):
        self.chance = random.Random(self.seed)

    def scaled(self, full):
        return max(1, round(full * self.scale))

    @staticmethod
    def say(text):
        print(f"  {text}", flush=True)


def run_stage(name, seed, scale):
    print(f"{name} (seed {seed})", flush=True)
    began = time.monotonic()
    report = {"commit": process.commit(), "seed": seed}
    if scale != 1:
        report["scale"] = scale
    with tempfile.TemporaryDirectory(prefix=f"soak-{name}-", ignore_cleanup_errors=True) as folder:
        try:
            report |= importlib.import_module(name).run(Context(seed, scale, pathlib.Path(folder)))
        except Exception:  # whatever it is, the other stages still run
            traceback.print_exc()
            report["findings"] = [traceback.format_exc()]
    report["seconds"] = round(time.monotonic() - began)
    print(f"  {json.dumps(report)}", flush=True)
    return report


def main():
    stages = os.environ.get("SOAK_STAGES", ",".join(STAGES)).split(",")
    unknown = [name for name in stages if name not in STAGES + APART]
    if unknown:
        print(f"SOAK_STAGES: there is no {unknown[0]}; there are {', '.join(STAGES + APART)}", file=sys.stderr)
        return 2
    seed = int(os.environ.get("SOAK_SEED", time.time_ns() % 2**32))
    reports = json.loads(REPORT.read_text()) if REPORT.exists() else {}
    for name in stages:
        reports[name] = run_stage(name, seed, float(os.environ.get("SOAK_SCALE", "1")))
        REPORT.write_text(json.dumps(reports, indent=2) + "\n")  # after each, so that a run that is stopped is not lost
    findings = [finding for name in stages for finding in reports[name]["findings"]]
    for finding in findings:
        print(finding, file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
