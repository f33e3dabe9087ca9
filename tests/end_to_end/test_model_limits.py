"""What the manifest says about a model's provider is what its client does."""

from http_api import register
from programs import Provider, Server

QUESTION = "Should I pay off my debts before I save?"


def test_a_model_may_be_silent_for_as_long_as_the_manifest_says(tmp_path, small_application):
    manifest = small_application / "app.yaml"
    key = "      key: ${OPENAI_API_KEY}\n"
    text = manifest.read_text()
    assert key in text
    manifest.write_text(text.replace(key, key + "      timeouts: { between_bytes: 200ms }\n"))
    too_slow = {"when": {"path": "/chat/completions", "stream": True}, "answer": "too late", "chunk_delay_ms": 600_000}
    with Provider(tmp_path, [too_slow]) as provider:
        with Server(small_application, tmp_path / "data", **provider.environment()) as server:
            server.wait_for_documents()
            events = list(register(server.url).stream("/api/chats/new/messages", {"content": QUESTION}))
            assert events[-1][0] == "error" and "for 200 ms" in events[-1][1]["error"]["message"], events[-1]
