"""A slow, failing, cut, endless or malformed model, in every mode that a client can be served in: the client learns the truth in the
format of its mode, what is stored says the same, and nothing is left running upstream when a client leaves.
"""

import asyncio
import concurrent.futures
import contextlib
import dataclasses
import json
import re
import socket
import time

import pytest
import websockets

from hostile_upstream import CASES, WORDS, Upstream
from http_api import Api, register
from programs import PATIENCE, Provider, Server, eventually

QUESTION = "Should I pay off my debts before I save?"
KEY = "sk-of-the-test"
CHARACTERS = "größer – 漢字 🙂"

WHOLE = ["whole", "slow_drip", "no_done_after_the_finish", "cut_after_the_finish", "done_twice", "bytes_after_done",
         "characters_split_over_packets", "another_content_type", "one_piece_instead_of_a_stream"]
CUT_SHORT = ["limit_of_tokens", "content_filter", "text_and_a_tool_nobody_offered"]
# What the error's code is, by case; "unavailable" may be worth another try, "upstream" is not.
PARTIAL = {"rst_in_the_middle": "upstream", "fin_in_the_middle": "upstream", "end_of_body_in_the_middle": "upstream",
           "close_delimited_and_cut": "upstream", "shorter_than_its_content_length": "upstream", "stall_in_the_middle": "unavailable",
           "comments_for_ever": "unavailable", "drip_for_ever": "unavailable", "flood_for_ever": "upstream",
           "chunk_that_is_not_json": "upstream", "chunk_that_is_a_list": "upstream", "error_in_the_middle": "upstream",
           "invalid_utf_8_in_the_middle": "upstream", "half_a_surrogate_in_the_middle": "upstream",
           "bad_chunk_size_in_the_middle": "upstream", "finish_reason_error": "upstream"}
FAILED = {"silence": "unavailable", "head_then_silence": "unavailable", "closed_without_an_answer": "upstream", "no_http": "upstream",
          "too_many_requests": "rate_limited", "server_error_in_html": "unavailable", "unavailable_in_html": "unavailable",
          "key_refused": "upstream", "web_page": "upstream", "error_with_status_200": "upstream", "redirect_loop": "upstream",
          "one_giant_line": "upstream", "interim_answers_for_ever": "upstream", "giant_head": "upstream", "empty_answer": "upstream",
          "done_at_once": "upstream", "only_a_tool_nobody_offered": "upstream", "all_tokens_for_thinking": "upstream"}
STATUS = {"upstream": 502, "unavailable": 503, "rate_limited": 429}


@dataclasses.dataclass
class Told:
    """What a client was told, whatever its mode."""

    text: str  # as it came; in JSON, that of the answer
    whole: bool  # said to be done, without reservation
    error: str = ""
    code: str = ""  # where the mode has codes
    status: int = 200
    headers: object = None


# The modes -----------------------------------------------------------------------------------------------------------


def ask_json(user, chat, question):
    answer = user.request("POST", f"/api/chats/{chat['id']}/messages", {"content": question})
    body = answer.json
    if answer.status == 200:
        return Told(body["content"], body["status"] == "complete", body.get("error", ""))
    return Told("", False, body["error"]["message"], body["error"]["code"], answer.status, answer.headers)


def told_by(events):
    text, last = "", {}
    for event in events:
        assert last.get("type") not in ("done", "error"), "the end was told, and then something more"
        last = event
        text += event["content"] if event["type"] == "token" else ""
    if last["type"] == "done":
        message = last["message"]
        assert message["content"] == text, "what was streamed is what is stored"
        return Told(text, message["status"] == "complete", message.get("error", ""))
    assert last["type"] == "error", last
    return Told(text, False, last["error"]["message"], last["error"]["code"])


def ask_sse(user, chat, question):
    stream = user.stream(f"/api/chats/{chat['id']}/messages", {"content": question})
    assert stream.status == 200
    return told_by(data for _, data in stream)


async def events_over(url, path, token, message):
    async with websockets.connect("ws" + url.removeprefix("http") + path, max_size=2**24) as channel:
        await channel.send(json.dumps({"type": "auth", "token": token}))
        await channel.recv()
        await channel.send(json.dumps(message))
        events = []
        while not events or events[-1]["type"] not in ("done", "error"):
            events.append(json.loads(await asyncio.wait_for(channel.recv(), PATIENCE)))
        return events


def ask_websocket(user, chat, question):
    message = {"type": "message", "chat_id": chat["id"], "content": question}
    return told_by(asyncio.run(events_over(user.url, "/api/ws", user.token, message)))


def ask_dialect_json(user, chat, question):
    answer = user.request("POST", "/api/v1/chat", {"content": question, "chat_id": chat["number"]})
    if answer.status == 200:
        return Told(answer.json["content"], "incomplete" not in answer.json, answer.json.get("incomplete", ""))
    return Told("", False, answer.json["detail"], "", answer.status, answer.headers)


def told_by_dialect(events):
    text = "".join(event["content"] for event in events if event["type"] == "token")
    ends = [event for event in events if event["type"] in ("done", "error")]
    assert len(ends) == 1 and events[-1] == ends[0]
    return Told(text, ends[0]["type"] == "done", ends[0].get("message", ""))


def ask_dialect_sse(user, chat, question):
    stream = user.stream("/api/v1/chat/stream", {"content": question, "chat_id": chat["number"]})
    assert stream.status == 200
    return told_by_dialect([data for _, data in stream])


def ask_dialect_websocket(user, chat, question):
    message = {"type": "message", "session_id": chat["number"], "content": question}
    return told_by_dialect(asyncio.run(events_over(user.url, "/ws/chat", user.token, message)))


MODES = [ask_json, ask_sse, ask_websocket, ask_dialect_json, ask_dialect_sse, ask_dialect_websocket]


# Every case in every mode --------------------------------------------------------------------------------------------


def impatient(application, silence="2s", total="8s"):
    """The application with searches by words, so that the model is asked for answers only, and with short waits for it."""
    manifest = application / "app.yaml"
    timeouts = f"      timeouts: {{ connect: 2s, first_byte: {silence}, between_bytes: {silence}, total: {total} }}\n"
    text = manifest.read_text().replace("    openai:\n      enabled", f"    openai:\n{timeouts}      enabled")
    text = text.replace("    order: [openai, local]\n    model: ${MODEL_EMBED:-text-embedding-3-small}\n", "    order: []\n")
    assert timeouts in text and "order: []" in text
    manifest.write_text(text)
    return application


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """By case and mode: what the client was told, and the answer as it is stored. All are asked at once."""
    from conftest import copy_small

    folder = tmp_path_factory.mktemp("upstream")
    with Upstream() as upstream, \
            Server(impatient(copy_small(folder)), folder / "data", OPENAI_BASE_URL=upstream.url, OPENAI_API_KEY=KEY) as server:
        server.wait_for_documents()
        user = register(server.url)

        def ask(name, mode):
            chat = user.post("/api/chats", {"title": name}, 201).json
            told = mode(user, chat, f"case {name} {QUESTION}")
            stored = user.get(f"/api/chats/{chat['id']}/messages").json["messages"]
            return told, [message for message in stored if message["role"] == "assistant"]

        with concurrent.futures.ThreadPoolExecutor(24) as pool:
            asked = {(name, mode): pool.submit(ask, name, mode) for name in CASES for mode in MODES}
            found = {key: future.result() for key, future in asked.items()}
        logged = "".join(server.log.all)
        yield found, upstream.asked, logged


def of(answers, name):
    for mode in MODES:
        told, stored = answers[0][name, mode]
        assert len(stored) == 1, (name, mode.__name__, stored)
        yield f"{name}, {mode.__name__}: {dataclasses.asdict(told) | {'headers': None, 'text': told.text[:60]}}", mode, told, stored[0]


def test_every_case_is_expected_to_end_in_some_way():
    assert sorted([*WHOLE, *CUT_SHORT, *PARTIAL, *FAILED]) == sorted(CASES)


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_answer_is_told_whole(answers, name):
    for about, _, told, stored in of(answers, name):
        wanted = {"characters_split_over_packets": CHARACTERS, "slow_drip": " ".join(WORDS.split()[:8]) + " "}.get(name, WORDS)
        assert told.whole and told.text == wanted and not told.error, about
        assert stored["status"] == "complete" and stored["content"] == wanted, about


@pytest.mark.parametrize("name", CUT_SHORT)
def test_an_answer_that_the_model_cut_short_is_not_whole(answers, name):
    for about, mode, told, stored in of(answers, name):
        assert not told.whole and told.error, about
        assert told.text == WORDS and told.status == 200, about
        assert stored["status"] == "partial" and stored["content"] == WORDS and stored["error"], about


@pytest.mark.parametrize("name", PARTIAL)
def test_an_answer_that_breaks_off_is_told_and_kept_as_partial(answers, name):
    for about, mode, told, stored in of(answers, name):
        assert not told.whole and told.error, about
        assert stored["status"] == "partial" and stored["error"], about
        assert stored["content"] and (WORDS * 80).startswith(stored["content"][:len(WORDS)]), about
        if mode in (ask_json, ask_dialect_json):
            assert told.status == STATUS[PARTIAL[name]], about
        else:
            assert told.text == stored["content"], about
        if told.code:
            assert told.code == PARTIAL[name], about


@pytest.mark.parametrize("name", FAILED)
def test_a_model_that_gives_nothing_is_told_and_kept_as_failed(answers, name):
    for about, mode, told, stored in of(answers, name):
        assert not told.whole and told.error and not told.text, about
        assert stored["status"] == "failed" and stored["content"] == "" and stored["error"], about
        if mode in (ask_json, ask_dialect_json):
            assert told.status == STATUS[FAILED[name]], about
        if told.code:
            assert told.code == FAILED[name], about


def test_the_provider_s_retry_after_is_the_client_s(answers):
    for about, mode, told, _ in of(answers, "too_many_requests"):
        if mode in (ask_json, ask_dialect_json):
            assert told.headers["Retry-After"] == "41", about


def test_nothing_is_asked_again_after_the_first_words(answers):
    _, asked, _ = answers
    for name in [*WHOLE, *CUT_SHORT, *PARTIAL]:
        assert asked[name] == len(MODES), name
    assert asked["server_error_in_html"] > len(MODES), "what may pass is tried again while nothing was said"


def test_no_key_is_told_or_logged(answers):
    found, _, logged = answers
    assert KEY not in logged
    for (name, mode), (told, stored) in found.items():
        assert KEY not in f"{told} {stored}", (name, mode.__name__)
    for _, _, told, _ in of(answers, "key_refused"):
        assert "OPENAI_API_KEY" in told.error


# Upstreams that cannot be reached ------------------------------------------------------------------------------------


@contextlib.contextmanager
def nobody():
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/v1"


@contextlib.contextmanager
def no_tls():
    with Upstream() as upstream:
        yield upstream.url.replace("http:", "https:")


@pytest.mark.parametrize("unreachable", [nobody, no_tls])
def test_a_model_that_cannot_be_reached_is_unavailable(tmp_path, small_application, unreachable):
    with unreachable() as url, Server(impatient(small_application), tmp_path / "data", OPENAI_BASE_URL=url, OPENAI_API_KEY=KEY) as server:
        server.wait_for_documents()
        user = register(server.url)

        def ask(mode):
            chat = user.post("/api/chats", {"title": "unreachable"}, 201).json
            return chat, mode(user, chat, QUESTION)

        with concurrent.futures.ThreadPoolExecutor(len(MODES)) as pool:
            asked = list(pool.map(ask, MODES))
        for chat, told in asked:
            assert not told.whole and told.error and told.code in ("", "unavailable") and told.status in (200, 503)
            stored = user.get(f"/api/chats/{chat['id']}/messages").json["messages"]
            assert [message.get("status") for message in stored][1:] == ["failed"]


# Fallbacks -----------------------------------------------------------------------------------------------------------


def test_a_fallback_answers_only_before_the_first_word(tmp_path, small_application):
    """The node `spare` answers where the first one failed before it said anything; what was begun is never finished by another."""
    manifest = impatient(small_application) / "app.yaml"
    spare = "    spare:\n      kind: answer\n      options: { prompt: prompts/interpreter.md }\n      next: [end]\n"
    text = manifest.read_text().replace("      kind: answer\n      timeout: 120s\n", "      kind: answer\n      fallback: spare\n      next: [safety]\n      timeout: 120s\n")
    head, site = text.split("\nsite:\n")
    manifest.write_text(f"{head}{spare}\nsite:\n{site}")
    long = WORDS * 2
    rules = [{"when": {"contains": "in the middle", "stream": True}, "answer": long, "chunk_size": 300, "cut_after": 3},
             {"when": {"contains": "at first", "stream": True}, "times": 1, "status": 401},
             {"when": {"stream": True}, "answer": "The spare answers [1]."}]
    with Provider(tmp_path, rules) as provider, Server(small_application, tmp_path / "data", **provider.environment()) as server:
        server.wait_for_documents()
        user = register(server.url)
        chat = user.post("/api/chats", {"title": "fallback"}, 201).json
        told = ask_sse(user, chat, f"{QUESTION} at first")
        assert told.whole and told.text == "The spare answers [1]."
        told = ask_sse(user, chat, f"{QUESTION} in the middle")
        assert not told.whole and told.code == "upstream" and "spare" not in told.text
        assert user.get(f"/api/chats/{chat['id']}/messages").json["messages"][-1]["status"] == "partial"


def test_what_a_guard_holds_back_is_in_no_error(tmp_path, small_application):
    """The model breaks off: what it wrote behind the guard's back is not told along with the error."""
    rules = [{"when": {"stream": True}, "answer": WORDS + "the unspeakable end", "chunk_size": 300, "cut_after": 2}]
    with Provider(tmp_path, rules) as provider, Server(impatient(small_application), tmp_path / "data", **provider.environment()) as server:
        server.wait_for_documents()
        user = register(server.url)
        events = [data for _, data in user.stream("/api/chats/new/messages", {"content": QUESTION})]
        sent = "".join(event["content"] for event in events if event["type"] == "token")
        assert events[-1]["type"] == "error" and sent
        told = json.dumps(events[-1])
        assert "pebble" not in told, "the text of an error holds what the guard has not let pass"


# Leaving -------------------------------------------------------------------------------------------------------------


def leave_json(user, chat, _):
    body = json.dumps({"content": QUESTION}).encode()
    host, port = re.match(r"http://([^:]+):(\d+)", user.url).groups()
    connection = socket.create_connection((host, int(port)))
    connection.sendall(f"POST /api/chats/{chat['id']}/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {user.token}\r\n"
                       f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    def is_answering():  # the router has been answered, and the next call is under way
        told = Api(user.url).get("/metrics").text
        return 'duration_seconds_count{kind="chat",model="openai/gpt-4o-mini"' in told and 'in_progress{kind="chat",model="openai/gpt-4o-mini"} 1' in told
    eventually(is_answering)
    time.sleep(0.3)  # the call counts from before its first byte is sent
    connection.close()


def leave_sse(user, chat, _):
    stream = user.stream(f"/api/chats/{chat['id']}/messages", {"content": QUESTION})
    assert any(name == "token" for name, _ in stream)
    stream.hang_up()


def leave_websocket(user, chat, how):
    async def talk():
        async with websockets.connect("ws" + user.url.removeprefix("http") + "/api/ws") as channel:
            await channel.send(json.dumps({"type": "auth", "token": user.token}))
            await channel.send(json.dumps({"type": "message", "chat_id": chat["id"], "content": QUESTION}))
            while json.loads(await channel.recv())["type"] != "token":
                pass
            if how == "break":
                channel.transport.abort()
            elif how == "stop":
                await channel.send('{"type": "stop"}')
                while (event := json.loads(await channel.recv()))["type"] != "done":
                    pass
                assert event["message"]["status"] == "partial"

    asyncio.run(talk())


def leave_by_stop(user, chat, _):
    for name, _ in user.stream(f"/api/chats/{chat['id']}/messages", {"content": QUESTION}):
        if name == "token":
            assert user.post(f"/api/chats/{chat['id']}/stop").json == {"stopped": True}


LEAVING = [(leave_json, ""), (leave_sse, ""), (leave_by_stop, ""), (leave_websocket, "close"), (leave_websocket, "break"),
           (leave_websocket, "stop")]


def test_the_upstream_is_closed_before_its_next_chunk_when_the_client_leaves(tmp_path, small_application):
    """After its first chunk the provider has nothing to say for ten minutes: it notices the end of its connection, or the test fails."""
    rules = [{"when": {"stream": True}, "answer": WORDS * 2, "chunk_size": 600, "stall_after": 1}]
    manifest = impatient(small_application, silence="1h", total="1h") / "app.yaml"
    manifest.write_text(manifest.read_text().replace("timeout: 120s\n      options:\n", "timeout: 1h\n      options:\n        model_time: 1h\n"))
    assert "model_time" in manifest.read_text()
    with Provider(tmp_path, rules) as provider, Server(small_application, tmp_path / "data", **provider.environment()) as server:
        server.wait_for_documents()
        user = register(server.url)
        for leave, how in LEAVING:
            chat = user.post("/api/chats", {"title": "leaving"}, 201).json
            before = len(provider.record())
            leave(user, chat, how)
            record = eventually(lambda: [entry for entry in provider.record()[before:] if entry["body"].get("stream")])
            assert len(record) == 1 and record[0]["client_gone"] is True and record[0]["chunks"] <= 1, (leave.__name__, how, record)
            stored = eventually(lambda: user.get(f"/api/chats/{chat['id']}/messages").json["messages"][1:])
            assert stored[0]["status"] == "partial" and (stored[0]["content"] or leave == leave_json), (leave.__name__, how)
        eventually(lambda: 'slipway_model_requests_in_progress{kind="chat",model="openai/gpt-4o-mini"} 0' in Api(server.url).get("/metrics").text)
