"""The stage `load` of bench/soak, for a moment: many clients do everything at once, and each sees only what is its own."""

import sys

from programs import ROOT

sys.path.insert(0, str(ROOT / "bench/soak"))

import load  # noqa: E402


def test_many_clients_do_everything_at_once(tmp_path, small_application):
    counts, findings = load.crowd_on(tmp_path / "crowd", clients=16, seconds=10, seed=1, application=small_application)
    assert not findings, "\n".join(findings[:5])
    assert {"chat_json", "chat_sse", "chat_websocket", "chat_and_leave", "upload", "search", "read_own"} <= counts.keys(), counts
