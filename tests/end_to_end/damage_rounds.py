"""Damages files of a data folder at random, and looks whether it is named, and repaired by the command that is named."""

import contextlib
import re
import shutil
import subprocess

from programs import BINARY, clean_environment, run_cli

VICTIMS = ("database", "index", "index-lost", "wal", "index-wal", "original")


class Rounds:
    def __init__(self, folder, application, chance):
        self.folder, self.application, self.chance, self.findings, self.number = folder, application, chance, [], 0
        self.noticed = self.repaired = 0
        self.whole, self.saved, self.data = folder / "whole", folder / "saved", folder / "damaged"
        run_cli("ingest", application, application / "docs", "--data", self.whole, folder=folder)
        run_cli("backup", application, self.saved, "--data", self.whole, folder=folder)
        self.with_wal = self._with_wal()

    def _with_wal(self):
        """A copy of the data of a process that died, so that there is something in the logs."""
        data = self.folder / "killed"
        shutil.copytree(self.whole, data, ignore=shutil.ignore_patterns("*.sock"))
        process = subprocess.Popen([str(BINARY), "serve", str(self.application), "--port", "0", "--data", str(data)], cwd=self.folder,
                                   env=clean_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in process.stderr:
            if '"serving"' in line:
                break
        late = self.folder / "late.md"
        late.write_text("# Late\n\nThe qlatelyx came when all was read.\n")
        run_cli("ingest", self.application, late, "--namespace", "general", "--data", data, folder=self.folder)
        process.kill()
        process.communicate()
        return data

    def one(self, victim):
        self.number += 1
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.copytree(self.with_wal if "wal" in victim else self.whole, self.data, ignore=shutil.ignore_patterns("*.sock"))
        for path in self._files(victim):
            what = self._damage(path, victim)
            self._expect_honesty(path, victim, what)

    def _files(self, victim):
        if victim == "original":
            return [self.chance.choice(sorted(path for path in (self.data / "objects" / "objects").rglob("*") if path.is_file()))]
        chosen = self.data / ("index.sqlite" if "index" in victim else "database.sqlite")
        return [chosen.with_name(chosen.name + "-wal") if "wal" in victim else chosen]

    def _damage(self, path, victim):
        content = bytearray(path.read_bytes())
        kind = "remove" if victim == "index-lost" else self.chance.choice(["flip", "zero", "cut", "noise"])
        if kind == "remove":
            path.unlink()
            return "removed"
        end = len(content) - (200 if victim == "original" else 0)  # behind it is a description, with nothing that is served
        at = self.chance.randrange(end)
        if kind == "cut":
            content = content[:at]
        elif kind == "flip":
            for _ in range(self.chance.randint(1, 20)):
                content[self.chance.randrange(end)] ^= 1 << self.chance.randrange(8)
        else:
            page = at - at % 4096
            length = min(4096, len(content) - page)
            content[page:page + length] = bytes(length) if kind == "zero" else self.chance.randbytes(length)
        path.write_bytes(content)
        return f"{kind} at {at} of {len(content)}"

    def _expect_honesty(self, path, victim, what):
        name = f"round {self.number}: {victim} ({path.name}, {what})"
        told = []
        for command in (("search", self.application, "ferry"), ("check", self.application, "--stores")):
            told.append(self._run(name, *command))
        search, check = told
        bad = [done for done in told if done.returncode != 0]
        for done in bad:
            if done.returncode != 1 or "Sanitizer" in done.stderr:
                self.findings.append(f"{name}: exit {done.returncode}\n{done.stderr[-2000:]}")
            elif not re.search(r"slipway (reindex|restore)|Restore it from a backup|not what was stored|check the disk", done.stderr):
                self.findings.append(f"{name}: says no way out: {done.stderr}")
        if victim == "original" and check.returncode == 0:
            self.findings.append(f"{name}: not noticed")
        if bad:
            self.noticed += 1
            self._expect_repair(name, " ".join(done.stderr for done in bad))

    def _expect_repair(self, name, told):
        if "slipway reindex" in told and "slipway restore" not in told:
            repaired = self._run(name, "reindex", self.application)
        else:
            repaired = self._run(name, "restore", self.application, self.saved, "--replace")
        checked = self._run(name, "check", self.application, "--stores")
        if repaired.returncode != 0 or checked.returncode != 0:
            self.findings.append(f"{name}: not repaired: {told}\n{repaired.stderr}\n{checked.stderr}")
        else:
            self.repaired += 1

    def _run(self, name, *command):
        done = subprocess.CompletedProcess(command, -1, "", "it hung")
        with contextlib.suppress(subprocess.TimeoutExpired):
            done = run_cli(*command, "--data", self.data, folder=self.folder, check=None)
        return done
