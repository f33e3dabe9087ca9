"""What the clients of a server that is killed know: acknowledged states, and what was under way when it died.

A thing (a document, an account, a session) has `states`, those that the server may show: one when the last change was acknowledged, two
while a change is under way. After a crash the server is looked at, and what it shows is the one state from there on.
"""

import dataclasses


@dataclasses.dataclass
class Thing:
    states: list = dataclasses.field(default_factory=lambda: [None])  # None: it does not exist

    def change(self, state):
        """A change begins; until done() nobody knows whether it happened. (Of a password nobody may know longer: that of a blocked account
        cannot be tried.)"""
        self.states = [*self.states, state]

    def done(self):
        self.states = self.states[-1:]

    def refused(self):
        self.states = self.states[:-1]

    @property
    def now(self):
        return self.states[0]

    def seen(self, state, what):
        """The server shows `state`: a finding when it must not, and the truth from here on."""
        allowed, self.states = self.states, [state]
        if state not in allowed:
            yield f"{what} is {state}, it must be {' or '.join(map(str, allowed))}"


@dataclasses.dataclass
class Document(Thing):
    """States are (word, title, original is Markdown) or None."""
    words: list = dataclasses.field(default_factory=list)  # all that it ever had; search must find none but the present one

    def change(self, state):
        super().change(state)
        if state:
            self.words = [word for word in self.words if word != state[0]][-3:] + [state[0]]


@dataclasses.dataclass
class Account:
    password: Thing
    role: Thing
    active: Thing
    exists: Thing
    sessions: list = dataclasses.field(default_factory=list)  # (tokens, Thing "open" or "closed")


@dataclasses.dataclass
class Chat:
    exists: Thing
    turns: list = dataclasses.field(default_factory=list)  # (question, answer as acknowledged or None)


@dataclasses.dataclass
class Ledger:
    """Of one client; no two clients touch the same thing."""
    documents: dict = dataclasses.field(default_factory=dict)  # by source
    accounts: dict = dataclasses.field(default_factory=dict)  # by name
    chats: dict = dataclasses.field(default_factory=dict)  # by id
    acknowledged: int = 0
