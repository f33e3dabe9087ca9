"""LangChain's Qdrant vector store over a collection that is there: its configuration is validated, then it is searched.

    langchain_reader.py '{"url", "api_key", "collection", "embeddings", "model", "questions": […], "k"}'

Prints for each question [[page_content, metadata, score], …]. A process of its own, as the packages are not the tests'.
"""

import json
import sys
import urllib.request
import warnings

from langchain_core.embeddings import Embeddings
from langchain_qdrant import QdrantVectorStore

told = json.loads(sys.argv[1])
warnings.filterwarnings("ignore", message="Api key is used with an insecure connection")


class OpenAI(Embeddings):
    """OpenAI's API; the package for it would fetch its tokens' tables from elsewhere."""

    def embed_documents(self, texts):
        request = urllib.request.Request(told["embeddings"] + "/embeddings", json.dumps({"model": told["model"], "input": texts}).encode(),
                                         {"Content-Type": "application/json", "Authorization": "Bearer sk-of-the-test"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return [one["embedding"] for one in json.load(answer)["data"]]

    def embed_query(self, text):
        return self.embed_documents([text])[0]


store = QdrantVectorStore.from_existing_collection(embedding=OpenAI(), collection_name=told["collection"], url=told["url"],
                                                   api_key=told["api_key"])
found = [store.similarity_search_with_score(question, k=told["k"]) for question in told["questions"]]
print(json.dumps([[[document.page_content, document.metadata, score] for document, score in answers] for answers in found]))
