"""Flipped, zeroed, cut and overwritten bytes in database, index, logs and originals (tests/end_to_end/damage_rounds.py): named with the
command that repairs, repaired by it, and never a crash."""

import crash_application
import damage_rounds

ROUNDS = 300


def run(context):
    application = crash_application.make(context.folder / "application")
    rounds = damage_rounds.Rounds(context.folder, application, context.chance)
    for _ in range(context.scaled(ROUNDS)):
        rounds.one(context.chance.choice(damage_rounds.VICTIMS))
        if rounds.number % 50 == 0:
            context.say(f"{rounds.number}: {len(rounds.findings)} findings")
    return {"rounds": rounds.number, "noticed": rounds.noticed, "repaired": rounds.repaired, "findings": rounds.findings}
