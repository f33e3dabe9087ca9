"""The scripted provider as the official OpenAI client sees it: what stands in for the paid API must look like it.

Run by pytest; SLIPWAY_BINARY_DIR names the build folder (default: build/dev, then build/release).
"""

import json
import math
import os
import pathlib
import subprocess

import pytest

import programs  # the packages of the tests are found through it

openai = pytest.importorskip("openai", reason="the Python package openai is not installed (scripts/install.sh test)")

ROOT = pathlib.Path(__file__).resolve().parents[2]


def program():
    folders = [os.environ.get("SLIPWAY_BINARY_DIR"), ROOT / "build/dev", ROOT / "build/release"]
    for folder in folders:
        if folder and (pathlib.Path(folder) / "scripted-provider").exists():
            return str(pathlib.Path(folder) / "scripted-provider")
    pytest.skip("the target scripted-provider is not built")


class Provider:
    def __init__(self, folder, rules=(), *arguments):
        script = folder / "script.json"
        script.write_text(json.dumps({"rules": list(rules)}))
        self.record = folder / "record.jsonl"
        command = [program(), "--script", str(script), "--record", str(self.record), *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("listening on http://"), line
        self.url = line.split()[-1]

    def client(self, key="sk-test"):
        return openai.OpenAI(base_url=self.url + "/v1", api_key=key, max_retries=0, timeout=20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        assert self.process.wait(20) == 0


def ask(text):
    return {"model": "scripted-chat", "messages": [{"role": "user", "content": text}]}


def test_lists_models(tmp_path):
    with Provider(tmp_path) as provider:
        assert [model.id for model in provider.client().models.list()] == ["scripted-chat", "scripted-embedding"]


def test_answers_whole(tmp_path):
    with Provider(tmp_path) as provider:
        reply = provider.client().chat.completions.create(**ask("hello wörld"))
        assert reply.choices[0].message.content == "You said: hello wörld"
        assert reply.choices[0].finish_reason == "stop"
        assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens


def test_streams_with_usage(tmp_path):
    with Provider(tmp_path, [{"answer": "Größe 😀 zählt", "chunk_size": 2}]) as provider:
        options = {"include_usage": True}
        chunks = list(provider.client().chat.completions.create(**ask("x"), stream=True, stream_options=options))
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        assert text == "Größe 😀 zählt"
        assert chunks[-1].choices == [] and chunks[-1].usage.completion_tokens > 0
        assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"


@pytest.mark.parametrize("stream", [False, True])
def test_calls_tools(tmp_path, stream):
    with Provider(tmp_path, [{"tool_calls": [{"name": "weather", "arguments": {"city": "Ulm"}}]}]) as provider:
        reply = provider.client().chat.completions.create(**ask("x"), stream=stream)
        if stream:
            pieces = [c.choices[0].delta.tool_calls[0].function for c in reply if c.choices[0].delta.tool_calls]
            name, arguments = pieces[0].name, "".join(piece.arguments for piece in pieces)
        else:
            call = reply.choices[0].message.tool_calls[0].function
            name, arguments = call.name, call.arguments
        assert name == "weather" and json.loads(arguments) == {"city": "Ulm"}


def test_embeds_as_floats_and_as_base64(tmp_path):
    with Provider(tmp_path, [], "--dimension", "64") as provider:
        embeddings = provider.client().embeddings
        # The client asks for base64 unless it is told otherwise.
        packed = embeddings.create(model="e", input=["the cat sat", "sat the cat", "a dog"])
        plain = embeddings.create(model="e", input="the cat sat", encoding_format="float")
        first, same, other = [item.embedding for item in packed.data]
        assert len(first) == 64 and math.isclose(sum(x * x for x in first), 1, rel_tol=1e-5)
        assert first == same and first != other
        assert first == pytest.approx(plain.data[0].embedding, abs=1e-6)


def test_fails_as_it_is_told(tmp_path):
    rules = [
        {"times": 1, "status": 429, "error": {"message": "slow down", "code": "rate_limit_exceeded"}, "headers": {"Retry-After": "3"}},
        {"times": 1, "error_after": 2},
        {"times": 1, "cut_after": 2},
    ]
    with Provider(tmp_path, rules) as provider:
        client = provider.client()
        with pytest.raises(openai.RateLimitError) as limited:
            client.chat.completions.create(**ask("x"))
        assert limited.value.response.headers["retry-after"] == "3"
        with pytest.raises(openai.APIError):
            list(client.chat.completions.create(**ask("x"), stream=True))
        with pytest.raises(Exception):
            list(client.chat.completions.create(**ask("x"), stream=True))
        lines = [json.loads(line) for line in provider.record.read_text().splitlines()]
        assert [line["rule"] for line in lines] == [0, 1, 2]
        assert [line["chunks"] for line in lines] == [0, 2, 2]


def test_refuses_another_key(tmp_path):
    with Provider(tmp_path, [], "--key", "right") as provider:
        with pytest.raises(openai.AuthenticationError):
            provider.client("wrong").models.list()
        provider.client("right").models.list()


def test_notices_that_the_client_hangs_up(tmp_path):
    with Provider(tmp_path, [{"endless": True, "chunk_delay_ms": 1}]) as provider:
        with provider.client().chat.completions.create(**ask("x"), stream=True) as stream:
            next(iter(stream))
        while not provider.record.exists() or not provider.record.read_text():
            pass
        assert json.loads(provider.record.read_text())["client_gone"] is True
