"""Chat through the whole graph (router, librarian, interpreter, safety) on the scripted provider, beside its very calls made directly."""

import json
import subprocess
import sys
import urllib.parse

import http_api
import process
import programs
from measures import disk

TITLE = "Chat through the whole graph on a scripted provider without delay, beside the same calls made to the provider directly"
GOALS = [("chat, added time to first token, one stream, ms p50", "added to first token ms p50", "<=", 2),
         ("chat, CPU per token, us", "CPU us per token", "<=", 15),
         ("chat, failed of 1,000 streams at once", "failed", "<=", 0)]
DRAW = ["to first token ms p50, one stream", "to first token ms p99, one stream", "CPU us per token"]
TOKENS, TOKEN_CHARACTERS, STREAMS = 1000, 4, 1000
ONE_BY_ONE = "one by one"  # a question with these words is answered a token every 20 ms
QUESTIONS = [json.loads(line)["question"] for line in (process.ROOT / "tests/retrieval/wwhd.jsonl").read_text().splitlines()
             if '"single"' in line]


def answer_of(tokens):
    """Ordinary words with a citation at the end, so many pieces of four characters."""
    words = "Put all of it on one sheet, begin with the smallest and tell a friend how far you are. "
    return (words * (tokens * TOKEN_CHARACTERS // len(words) + 1))[:tokens * TOKEN_CHARACTERS - 4] + " [1]"


def rules():
    path = "/chat/completions"
    route = json.dumps({"intent": "question", "confidence": 0.9, "namespaces": ["money", "general"]})
    return [{"when": {"path": path, "stream": False}, "answer": route},
            {"when": {"path": path, "contains": ONE_BY_ONE}, "answer": answer_of(TOKENS // 4), "chunk_size": TOKEN_CHARACTERS,
             "chunk_delay_ms": 20},
            {"when": {"path": path}, "answer": answer_of(TOKENS), "chunk_size": TOKEN_CHARACTERS}]


def request(url, path, body, **headers):
    text = json.dumps(body, ensure_ascii=False)
    lines = [f"POST {path} HTTP/1.1", "Host: " + urllib.parse.urlsplit(url).netloc, "Content-Type: application/json",
             f"Content-Length: {len(text.encode())}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines) + "\r\n\r\n" + text


class Sides:
    """Both ways to the same answer: through the server, and the calls that it made for it, as the provider recorded them."""

    def __init__(self, server, provider, user):
        self.server, self.provider = server, provider
        self.plans = {"slipway": self.through(server.url, user), "provider directly": self.directly(provider, user)}
        self.one_by_one = self.through(server.url, user, " " + ONE_BY_ONE)

    @staticmethod
    def through(url, user, more=""):
        calls = [[request(url, "/api/chats/new/messages", {"content": question + more}, Accept="text/event-stream",
                          Authorization="Bearer " + user.token)] for question in QUESTIONS]
        return {"address": address_of(url), "calls": calls, "token": "event: token", "end": "event: done",
                "whole": '"status":"complete"'}

    @staticmethod
    def directly(provider, user):
        before = len(provider.record())
        for _ in user.stream("/api/chats/new/messages", {"content": QUESTIONS[0]}):
            pass
        made = provider.record()[before:]
        kinds = [(line["path"], line["body"].get("stream", False)) for line in made]
        if sorted(kinds) != [("/v1/chat/completions", False), ("/v1/chat/completions", True), ("/v1/embeddings", False)]:
            raise RuntimeError(f"the graph made other calls than expected: {kinds}")
        calls = [request(provider.url, line["path"], line["body"], Authorization="Bearer sk-of-the-test") for line in made]
        return {"address": address_of(provider.url), "calls": [calls], "token": '"delta":{"content":', "end": "data: [DONE]",
                "whole": '"finish_reason":"stop"'}

    def run(self, plan, streams, rounds):
        """What the client saw, and the CPU of server and provider meanwhile."""
        pids = {"slipway": self.server.process.pid, "provider": self.provider.process.pid}
        before = {name: process.cpu_seconds(pid) for name, pid in pids.items()}
        done = subprocess.run([sys.executable, str(process.ROOT / "bench/streams.py")], capture_output=True, text=True, check=True,
                              input=json.dumps(plan | {"streams": streams, "rounds": rounds}) + "\n")
        report = json.loads(done.stdout)
        report["cpu"] = {name: process.cpu_seconds(pid) - before[name] for name, pid in pids.items()}
        report["failed"] = [one["wrong"] for one in report["results"] if one["wrong"]]
        return report


def address_of(url):
    parts = urllib.parse.urlsplit(url)
    return [parts.hostname, parts.port]


def one_stream(sides, context):
    """One stream at a time, the two sides in turn."""
    firsts = {side: [] for side in sides.plans}
    for _ in range(context.scaled(10, 2)):
        for side, plan in sides.plans.items():
            report = sides.run(plan, 1, 60)
            if report["failed"]:
                raise RuntimeError(f"{side}: {report['failed'][0]}")
            firsts[side] += [one["first"] * 1000 for one in report["results"][10:]]  # the first ten warm up
    return {side: {f"to first token ms p{percent}, one stream": round(process.percentile(values, percent), 3) for percent in (50, 99)}
            for side, values in firsts.items()}, len(firsts["slipway"])


def many_streams(sides, plan, streams, tokens, repeat):
    """All at once, `repeat` times; the figures of the middle run by CPU."""
    reports = [sides.run(plan, streams, 1) for _ in range(repeat)]
    failed = [wrong for report in reports for wrong in report["failed"]]
    report = sorted(reports, key=lambda one: sum(one["cpu"].values()))[len(reports) // 2]
    count = streams * tokens
    return report | {"failed": failed, "per token": {name: seconds / count * 1e6 for name, seconds in report["cpu"].items()}}


def measure(context):
    process.open_files(16_384)
    with programs.Provider(context.folder, rules()) as provider, \
            programs.Server(programs.WWHD, context.folder / "data", "--no-watch", **provider.environment()) as server:
        server.wait_for_documents()
        sides = Sides(server, provider, http_api.register(server.url))
        alone, samples = one_stream(sides, context)
        streams, repeat = context.scaled(STREAMS, 50), context.scaled(3)
        context.say(f"one stream: {alone}")
        at_once = many_streams(sides, sides.plans["slipway"], streams, TOKENS, repeat)
        directly = many_streams(sides, sides.plans["provider directly"], streams, TOKENS, repeat)
        slowly = many_streams(sides, sides.one_by_one, min(streams, 200), TOKENS // 4, repeat)
    ours, theirs = alone["slipway"], alone["provider directly"]
    ours |= {f"added to first token ms p{percent}": round(ours[f"to first token ms p{percent}, one stream"]
                                                          - theirs[f"to first token ms p{percent}, one stream"], 3) for percent in (50, 99)}
    ours |= {"of which the durable write of the question, about ms": disk.flush_ms(context.folder)[0],
             "CPU us per token": round(at_once["per token"]["slipway"], 2),
             "CPU us per token, tokens 20 ms apart": round(slowly["per token"]["slipway"], 2),
             "failed": len(at_once["failed"] + slowly["failed"])}
    for side, report in (("slipway", at_once), ("provider directly", directly)):
        firsts = [one["first"] * 1000 for one in report["results"] if one["first"]]
        alone[side] |= {"to first token ms p50, all at once": round(process.percentile(firsts, 50)),
                        "tokens/s, all at once": round(streams * TOKENS / report["seconds"]),
                        "CPU us per token of the provider": round(report["per token"]["provider"], 2),
                        "CPU us per token of the client": round(report["client CPU s"] / streams / TOKENS * 1e6, 2)}
    for wrong in at_once["failed"][:5] + slowly["failed"][:5] + directly["failed"][:5]:
        context.say(f"failed: {wrong}")
    theirs |= {"failed": len(directly["failed"]), "CPU us per token": round(directly["per token"]["provider"], 2)}
    return alone | {"ratios": {"to first token, through / directly": round(
        ours["to first token ms p50, one stream"] / theirs["to first token ms p50, one stream"], 2)},
        "notes": f"One stream: {samples} answers of each side in turn, over a kept connection; directly means the three calls that the "
                 f"graph makes (route, embed, answer), recorded and sent again. At once: {streams} answers of {TOKENS} tokens, median of "
                 f"{repeat}; CPU per token is all CPU of the server, from the request to the stored answer, divided by the tokens that the "
                 "provider sent."}
