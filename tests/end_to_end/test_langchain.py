"""The vectors of apps/wwhd in Qdrant are a collection that LangChain reads as its own."""

import json
import subprocess

from conftest import copy_small
from engines import Qdrant, folder
from http_api import register
from programs import ROOT, Provider, Server

QUESTIONS = ["Should I pay off my debts before I save?", "How do I count breaths?"]


def langchain(qdrant, provider, questions, k):
    told = {"url": f"http://127.0.0.1:{qdrant.port}", "api_key": "key-of-the-test", "collection": "tcm_documents",
            "embeddings": provider.url + "/v1", "model": "text-embedding-3-small", "questions": questions, "k": k}
    done = subprocess.run(["/usr/bin/python3", ROOT / "tests/end_to_end/langchain_reader.py", json.dumps(told)], capture_output=True, text=True,
                          check=False, timeout=120, env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(folder("langchain")), "PYTHONDONTWRITEBYTECODE": "1"})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_langchain_reads_the_collection(tmp_path):
    """W09, W10: tcm_documents with OpenAI's embeddings; page_content, metadata and score of the passages that a search finds."""
    (tmp_path / "qdrant").mkdir()
    with Provider(tmp_path) as provider, Qdrant(tmp_path / "qdrant") as qdrant:
        settings = {"QDRANT_URL": f"http://127.0.0.1:{qdrant.port}", "QDRANT_API_KEY": "key-of-the-test", **provider.environment()}
        with Server(copy_small(tmp_path), tmp_path / "data", **settings) as server:
            server.wait_for_documents()
            user = register(server.url)
            passages = user.get("/api/status").json["documents"]["passages"]
            asked = [entry for entry in provider.record() if entry.get("path", "").endswith("/embeddings")]
            answers = langchain(qdrant, provider, QUESTIONS, passages + 10)
            ours = [user.get(f"/api/search?q={question.replace(' ', '+').replace('?', '%3F')}&limit=50").json["results"] for question in QUESTIONS]
    assert passages >= 3 and asked and {entry["body"]["model"] for entry in asked} == {"text-embedding-3-small"}
    for found, wanted in zip(answers, ours, strict=True):
        assert len(found) == passages
        scores = [score for _, _, score in found]
        assert scores == sorted(scores, reverse=True)
        texts = {text: metadata for text, metadata, _ in found}
        for passage in wanted:
            assert passage["text"] in texts
            assert texts[passage["text"]]["document_id"] == passage["document_id"]
