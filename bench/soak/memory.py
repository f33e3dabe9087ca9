"""Resident memory of the release binary between request 100,000 and 1,000,000 of a mix as life has it. Cheap requests come from wrk,
those that a client must follow – sign-in, chats, uploads, WebSockets – from clients in Python at the same time.
"""

import pathlib
import re
import subprocess
import threading

import http_api
import load
import programs

FIRST, LAST = 100_000, 1_000_000
GROWTH_MAX = 0.05
BURST = 5  # seconds of wrk between two looks
LOOKS = 10  # the least of so many counts: somebody who signs in takes 19 MiB for a moment
SCRIPT = pathlib.Path(__file__).with_suffix(".lua")


def served(api):
    """How many requests there were, by the server's own count."""
    text = api.get("/metrics").text
    return sum(int(float(count)) for count in re.findall(r"^slipway_http_requests_total\{.*\} (\S+)$", text, re.MULTILINE))


def memory_of(process):
    """Bytes: all that is resident, and of that what is no file's."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return {name: int(re.search(rf"^{field}:\s*(\d+) kB", status, re.MULTILINE)[1]) * 1024
            for name, field in (("resident", "VmRSS"), ("anonymous", "RssAnon"))}


class Everybody(threading.Thread):
    """A few clients that do what wrk cannot, for as long as it takes."""

    def __init__(self, url, seed):
        super().__init__(daemon=True)
        self.crowd = load.Crowd(url, 4, seed)

    def run(self):
        self.crowd.run(24 * 3600)

    def end(self):
        self.crowd.stop.set()
        self.join(programs.PATIENCE)
        return self.crowd


def run(context):
    last = max(2 * FIRST, context.scaled(LAST))
    looks = []
    with programs.Provider(context.folder, load.RULES, quiet=True) as provider, \
            programs.Server(programs.WWHD, context.folder / "data", GROQ_API_KEY="gsk-of-the-test", GROQ_BASE_URL=provider.url) as server:
        server.wait_for_documents()
        user = http_api.register(server.url)
        chat = user.post("/api/chats/new/messages", {"content": load.QUESTION}).json["chat_id"]
        everybody = Everybody(server.url, context.seed)
        everybody.start()
        command = ["wrk", "--threads", "1", "--connections", "16", "--duration", f"{BURST}s", "--script", str(SCRIPT), server.url, "--",
                   user.token, chat]
        while not looks or looks[-1]["requests"] < last:
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            looks.append({"requests": served(user), **memory_of(server.process)})
            server.log.all.clear()  # the figure is not this process's
            if len(looks) % 12 == 1:
                context.say(f"{looks[-1]['requests']} requests, {looks[-1]['resident'] / 1e6:.1f} MB")
        crowd = everybody.end()
    since = [look for look in looks if look["requests"] >= FIRST]
    begin, end = (min(some, key=lambda look: look["resident"]) for some in (since[:LOOKS], since[-LOOKS:]))
    growth = end["resident"] / begin["resident"] - 1
    findings = list(crowd.findings)
    if growth >= GROWTH_MAX:
        findings.append(f"resident memory grew by {growth:.1%} between request {begin['requests']} and {end['requests']}")
    return {"begin": begin, "end": end, "growth": round(growth, 4), "looks": looks[:: max(1, len(looks) // 40)],
            "did": dict(sorted(crowd.counts.items())), "findings": findings}
