"""`kill -9` at random instants. The long run is bench/soak/kill.py."""

import os
import time

import crash_rounds

ROUNDS = 20


def test_nothing_acknowledged_is_lost_and_nothing_half_is_found(tmp_path):
    seed = int(os.environ.get("SLIPWAY_SEED", time.time_ns() % 2**32))
    with crash_rounds.Rounds(tmp_path, seed, work_seconds=0.8) as rounds:
        for kind in (rounds.migrate, rounds.first_start, rounds.restore):
            rounds.run(kind)
        while rounds.number < ROUNDS:
            rounds.one()
    assert not rounds.findings, f"SLIPWAY_SEED={seed}:\n" + "\n".join(rounds.findings)
    assert rounds.acknowledged > 0
