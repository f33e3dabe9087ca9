"""`kill -9` at random instants while clients write, chat, sign in, back up, restore, upgrade (tests/end_to_end/crash_rounds.py). After
each, all that was acknowledged must be there, and nothing half."""

import crash_rounds

ROUNDS = 1000


def run(context):
    with crash_rounds.Rounds(context.folder, context.seed) as rounds:
        for _ in range(context.scaled(ROUNDS)):
            try:
                rounds.one()
            except Exception:  # already among the findings, but the data may be of no use any more
                break
            if rounds.number % 20 == 0:
                context.say(f"{rounds.number}: {rounds.acknowledged} acknowledged, {len(rounds.findings)} findings")
    return {"rounds": rounds.number, "kinds": rounds.did, "acknowledged": rounds.acknowledged, "findings": rounds.findings}
