"""Rounds of `kill -9`: a server works, dies at a random instant, and must show all that it acknowledged. See test_kill.py, bench/soak/kill.py.

    with crash_rounds.Rounds(folder, seed) as rounds:
        for number in range(1000): rounds.one()
    rounds.findings    # sentences; each begins with its round, which the seed repeats as far as the machine's timing allows
"""

import contextlib
import copy
import random
import shutil
import sqlite3
import subprocess
import time

import crash_application
import crash_checks
import http_api
from crash_clients import Client, Caretaker, Operator
from crash_ledger import Ledger
from programs import BINARY, PATIENCE, Server, clean_environment, run_cli

CLIENTS = 3
OWNER = {"name": "owner", "password": "the password of the owner"}


class Rounds:
    def __init__(self, folder, seed, work_seconds=1.0):
        self.folder, self.chance, self.work_seconds = folder, random.Random(seed), work_seconds
        self.application = crash_application.make(folder / "application")
        self.data = folder / "data"
        self.ledgers = [Ledger() for _ in range(CLIENTS)]
        self.findings, self.number, self.did = [], 0, {}
        began = time.monotonic()
        self.server = self._start()
        self.start_seconds = time.monotonic() - began  # how long a start takes here; kills fall into this time
        self.server.wait_for_documents()
        Operator(self.data).run("users.create", username=OWNER["name"], email="owner@example.org", password=OWNER["password"],
                                role="owner")
        self.token = http_api.Api(self.server.url).post("/api/auth/login", OWNER).json["access_token"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.kill()

    @property
    def acknowledged(self):
        return sum(ledger.acknowledged for ledger in self.ledgers)

    def one(self):
        kinds = [self.work] * 14 + [self.migrate] * 2 + [self.first_start] * 2 + [self.restore] * 2
        self.run(self.chance.choice(kinds))

    def run(self, kind):
        """One round of this kind. It finds a server that runs, and leaves one whose data has been looked at."""
        self.number += 1
        self.did[kind.__name__] = self.did.get(kind.__name__, 0) + 1
        try:
            kind()
        except Exception as error:
            self._note([f"{type(error).__name__}: {error}"])
            raise

    def _note(self, findings):
        self.findings += [f"round {self.number}: {finding}" for finding in findings]

    # the kinds of rounds

    def work(self):
        """Clients write, a caretaker backs up and reindexes; kill."""
        self._work_until_killed()
        self._look()

    def migrate(self):
        """The data is that of an older version: kills while it is brought up to date."""
        self._work_until_killed()
        with contextlib.closing(sqlite3.connect(self.data / "database.sqlite")) as database, database:
            database.executescript("""
                begin;
                drop index documents_visible;
                alter table documents add column content text not null default '';
                update documents set content = coalesce((select content from document_texts where document_id = id), '');
                drop table document_texts;
                alter table documents drop column holder;
                alter table documents drop column held_until;
                drop table knowledge_leases;
                delete from schema_migration where capability = 'knowledge' and number > 1;
                commit;""")
        self._kill_starts(self.data)
        self._look()
        with contextlib.closing(sqlite3.connect(self.data / "database.sqlite")) as database:
            steps = database.execute("select number from schema_migration where capability = 'knowledge' order by number").fetchall()
        if [step for step, in steps] != [1, 2, 3, 4]:
            self._note([f"the steps of knowledge are {steps}"])

    def first_start(self):
        """Kills while a new data folder is made and its documents are read."""
        data = self.folder / "fresh"
        self._kill_starts(data, self.start_seconds * 2)
        with Server(self.application, data, "--no-watch") as server:
            server.wait_for_documents()
            operator = Operator(data)
            self._note(operator.run("check")["findings"])
            documents = operator.run("status")["documents"]
            if documents["indexed"] != crash_application.OWN_DOCUMENTS or documents["total"] != documents["indexed"]:
                self._note([f"after a first start: {documents}"])
        shutil.rmtree(data)

    def restore(self):
        """Kills while a backup takes the place of the data: afterwards it is the one or the other."""
        saved = self.folder / "saved"
        Operator(self.data).run("backup", path=str(saved))
        then = copy.deepcopy(self.ledgers)
        mark = self._api().post("/api/chats", {"title": "after the backup"}, 201).json["id"]
        self._work_until_killed()
        finished = False
        for _ in range(2):
            finished = finished or self._killed("restore", self.application, saved, "--replace", "--data", self.data,
                                                within=self.start_seconds * 0.7) == 0
        self.server = self._start()
        is_old = self._api().get(f"/api/chats/{mark}", expect=None).status == 200
        if is_old and finished:
            self._note(["a restore that was reported done is not there"])
        if not is_old:
            self.ledgers = then
        self._look_at_the_server()
        shutil.rmtree(saved)

    # what they are made of

    def _start(self):
        return Server(self.application, self.data, "--no-watch").start()

    def _api(self):
        return http_api.Api(self.server.url, self.token)

    def _work_until_killed(self):
        server = self.server
        clients = [Client(number, ledger, server, self.token, self.chance.random()) for number, ledger in enumerate(self.ledgers)]
        caretaker = Caretaker(server, self.folder, self.chance.random())
        threads = [*clients, *([caretaker] if self.chance.random() < 0.4 else [])]
        for thread in threads:
            thread.start()
        time.sleep(self.chance.uniform(0.02, self.work_seconds))
        server.kill()
        for thread in threads:
            thread.join(PATIENCE)
            self._note(thread.findings)
        self._note(line.strip() for line in server.log.all if "Sanitizer" in line or '"level":"error"' in line)
        self._check_backups(caretaker.backups)

    def _check_backups(self, acknowledged):
        for path in self.folder.glob("backup-*"):
            if not path.name.endswith(".incomplete"):
                self._note(crash_checks.backup(path))
        if missing := [path.name for path in acknowledged if not path.exists()]:
            self._note([f"backups that were reported done are lost: {missing}"])
        elif acknowledged:
            tried = self.folder / "tried"
            run_cli("restore", self.application, acknowledged[-1], "--data", tried, folder=self.folder)
            checked = run_cli("check", self.application, "--stores", "--data", tried, folder=self.folder, check=None)
            if checked.returncode != 0:
                self._note([f"{acknowledged[-1].name}: {checked.stderr}"])
            shutil.rmtree(tried)
        for path in self.folder.glob("backup-*"):
            shutil.rmtree(path)

    def _kill_starts(self, data, within=None):
        for _ in range(self.chance.randint(1, 2)):
            self._killed("serve", self.application, "--port", "0", "--no-watch", "--data", data, within=within or self.start_seconds)

    def _killed(self, *arguments, within):
        process = subprocess.Popen([str(BINARY), *map(str, arguments)], cwd=self.folder, env=clean_environment(),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(self.chance.uniform(0, within))
        process.kill()
        return process.wait(PATIENCE)

    def _look(self):
        self.server = self._start()
        self._look_at_the_server()

    def _look_at_the_server(self):
        self._note(crash_checks.everything(self.server, self.token, self.ledgers))
