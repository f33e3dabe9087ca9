"""Qdrant's REST interface over its own engine in a process (qdrant-edge-py), as the server is in no registry.

    qdrant_standin.py '{"port", "folder", "version", "api_key"?, "read_only_api_key"?}'

Only what the adapter needs; any other path is 404. Bodies are checked by the models that Qdrant's own client generates
from its published OpenAPI (an unknown or wrong field is 400). Facets are there from version 1.12, /points/query from 1.10,
/points/search before that, so that the adapter can be seen with an old server. Collections and aliases outlive the
process.
"""

import http.server
import importlib.util
import json
import os
import shutil
import sys
import threading
import types
import urllib.parse
import uuid

import qdrant_edge as edge


def load_models():
    """The file of models alone: the package around it wants gRPC and more."""
    sys.modules["qdrant_client"] = types.ModuleType("qdrant_client")
    sys.modules["qdrant_client._numpy_vectors"] = numpy = types.ModuleType("qdrant_client._numpy_vectors")
    numpy.NumpyVectorsToLists = object
    for folder in sys.path:
        file = os.path.join(folder, "qdrant_client/http/models/models.py")
        if os.path.exists(file):
            spec = importlib.util.spec_from_file_location("qdrant_models", file)
            module = importlib.util.module_from_spec(spec)
            sys.modules["qdrant_models"] = module
            spec.loader.exec_module(module)
            return module
    sys.exit("qdrant_client is not on the path")


models = load_models()
options = json.loads(sys.argv[1])
minor = int(options["version"].split(".")[1])


class Refused(Exception):
    def __init__(self, status, reason):
        super().__init__(reason)
        self.status, self.reason = status, reason


def check(model, body):
    try:
        getattr(models, model).model_validate(body)
    except Exception as error:
        raise Refused(400, f"Format error in JSON body: {model}: {str(error)[:400]}") from error
    return body


def condition(one):
    if "must" in one or "should" in one or "must_not" in one:
        return filter_of(one)
    if "has_id" in one:
        return edge.HasIdCondition(set(one["has_id"]))
    if "match" in one:
        match = one["match"]
        if "any" in match:
            return edge.FieldCondition(one["key"], match=edge.MatchAny(match["any"]))
        return edge.FieldCondition(one["key"], match=edge.MatchValue(match["value"]))
    return edge.FieldCondition(one["key"], range=edge.RangeFloat(**one["range"]))


def filter_of(body):
    if body is None:
        return None
    kinds = {kind: [condition(one) for one in body[kind]] for kind in ("must", "should", "must_not") if kind in body}
    return edge.Filter(**kinds)


def plain(value):
    return str(value) if isinstance(value, uuid.UUID) else value


class Collection:
    def __init__(self, folder, body=None):
        self.folder, self.lock = folder, threading.RLock()
        shard, described = os.path.join(folder, "shard"), os.path.join(folder, "collection.json")
        if body is None:
            with open(described) as file:
                self.body = json.load(file)
            self.shard = edge.EdgeShard.load(shard)
            return
        os.makedirs(folder)
        self.body = body
        with open(described, "w") as file:
            json.dump(body, file)
        vectors = body.get("vectors") or {}
        if vectors:
            vectors = edge.EdgeVectorParams(size=vectors["size"], distance=getattr(edge.Distance, vectors["distance"]))
        sparse = {name: edge.EdgeSparseVectorParams() for name in body.get("sparse_vectors", {})}
        self.shard = edge.EdgeShard.create(shard, edge.EdgeConfig(vectors=vectors, sparse_vectors=sparse))

    def update(self, operation):
        self.shard.update(operation)

    def index(self, body):
        schema = body["field_schema"]
        kind = {"keyword": edge.KeywordIndexParams, "float": edge.FloatIndexParams}[schema["type"]]
        more = {"is_tenant": True} if schema.get("is_tenant") else {}
        if more and minor < 11:
            raise Refused(400, "Format error in JSON body: unknown field `is_tenant`")
        self.update(edge.UpdateOperation.create_field_index(body["field_name"], kind(**more)))

    def upsert(self, body):
        points = []
        for point in body["points"]:
            vectors = {
                name: edge.SparseVector(one["indices"], one["values"]) if isinstance(one, dict) else one
                for name, one in point["vector"].items()
            }
            points.append(edge.Point(point["id"], vectors, point.get("payload")))
        self.update(edge.UpdateOperation.upsert_points(points))

    def delete(self, body):
        if "filter" in body:
            self.update(edge.UpdateOperation.delete_points_by_filter(filter_of(body["filter"])))
        else:
            self.update(edge.UpdateOperation.delete_points(body["points"]))

    def nearest(self, vector, using, body):
        if isinstance(vector, dict) and "nearest" in vector:
            vector = vector["nearest"]
        if isinstance(vector, dict):
            vector = edge.SparseVector(vector["indices"], vector["values"])
        parameters = body.get("params") or {}
        found = self.shard.query(
            edge.QueryRequest(
                limit=body["limit"],
                query=edge.Query.Nearest(vector, using=using),
                filter=filter_of(body.get("filter")),
                with_payload=body.get("with_payload", False),
                params=edge.SearchParams(exact=parameters.get("exact", False), hnsw_ef=parameters.get("hnsw_ef")),
            )
        )
        return [{"id": plain(p.id), "version": p.version, "score": p.score, "payload": p.payload} for p in found]

    def scroll(self, body):
        request = edge.ScrollRequest(
            offset=body.get("offset"),
            limit=body["limit"],
            filter=filter_of(body.get("filter")),
            with_payload=body.get("with_payload", True),
        )
        points, following = self.shard.scroll(request)
        return {"points": self.records(points), "next_page_offset": plain(following)}

    @staticmethod
    def records(points):
        return [{"id": plain(p.id), "payload": p.payload} for p in points]

    def retrieve(self, body):
        return self.records(self.shard.retrieve(body["ids"], body.get("with_payload", True), False))

    def facet(self, body):
        request = edge.FacetRequest(
            key=body["key"], limit=body["limit"], exact=body["exact"], filter=filter_of(body.get("filter"))
        )
        hits = self.shard.facet(request).hits
        return {"hits": [{"value": getattr(h.value, "value", h.value), "count": h.count} for h in hits]}


class Server:
    def __init__(self):
        self.lock = threading.RLock()
        self.folder = options["folder"]
        self.aliases_file = os.path.join(self.folder, "aliases.json")
        self.aliases = {}
        if os.path.exists(self.aliases_file):
            with open(self.aliases_file) as file:
                self.aliases = json.load(file)
        self.collections = {}
        for name in os.listdir(self.folder):
            if os.path.isdir(os.path.join(self.folder, name, "shard")):
                self.collections[name] = Collection(os.path.join(self.folder, name))

    def get(self, name):
        name = self.aliases.get(name, name)
        if name not in self.collections:
            raise Refused(404, f"Not found: Collection `{name}` doesn't exist!")
        return self.collections[name]

    def create(self, name, body):
        with self.lock:
            if name in self.collections or name in self.aliases:
                raise Refused(409, f"Wrong input: Collection `{name}` already exists!")
            self.collections[name] = Collection(os.path.join(self.folder, name), body)
            return True

    def drop(self, name):
        with self.lock:
            collection = self.collections.pop(name, None)
            if not collection:
                return False
            with collection.lock:
                collection.shard.close()
                shutil.rmtree(collection.folder)
            return True

    def change_aliases(self, body):
        with self.lock:
            aliases = dict(self.aliases)
            for action in body["actions"]:
                if "delete_alias" in action:
                    aliases.pop(action["delete_alias"]["alias_name"], None)
                else:
                    made = action["create_alias"]
                    self.get(made["collection_name"])
                    if made["alias_name"] in self.collections:
                        raise Refused(409, f"Wrong input: Collection `{made['alias_name']}` already exists!")
                    aliases[made["alias_name"]] = made["collection_name"]
            self.aliases = aliases
            with open(self.aliases_file + ".new", "w") as file:
                json.dump(aliases, file)
            os.replace(self.aliases_file + ".new", self.aliases_file)
            return True

    @staticmethod
    def describe(collection):
        """With what Qdrant's own client wants to read of it; the figures are a new server's defaults."""
        body = collection.body
        parameters = {name: body[name] for name in ("vectors", "sparse_vectors") if name in body}
        optimizer = {"deleted_threshold": 0.2, "vacuum_min_vector_number": 1000, "default_segment_number": 0, "flush_interval_sec": 5}
        configuration = {"params": parameters, "hnsw_config": {"m": 16, "ef_construct": 100, "full_scan_threshold": 10000},
                         "optimizer_config": optimizer}
        points = collection.shard.info().points_count
        return check("CollectionInfo", {"status": "green", "optimizer_status": "ok", "segments_count": 1, "points_count": points,
                                        "config": configuration, "payload_schema": {}})

    def on_points(self, collection, method, what, body):
        done = {"operation_id": 1, "status": "completed"}
        with collection.lock:
            if (method, what) == ("PUT", "index"):
                return collection.index(check("CreateFieldIndex", body)) or done
            if (method, what) == ("PUT", "points"):
                return collection.upsert(check("PointsList", body)) or done
            if what == "points/delete":
                return collection.delete(check("FilterSelector" if "filter" in body else "PointIdsList", body)) or done
            if what == "points":
                return collection.retrieve(check("PointRequest", body))
            if what == "points/count":
                check("CountRequest", body)
                return {"count": collection.shard.count(edge.CountRequest(True, filter_of(body.get("filter"))))}
            if what == "points/scroll":
                return collection.scroll(check("ScrollRequest", body))
            if what == "points/query" and minor >= 10:
                check("QueryRequest", body)
                return {"points": collection.nearest(body["query"], body.get("using", ""), body)}
            if what == "points/search" and minor < 10:
                vector, using = body["vector"], ""
                if isinstance(vector, dict):
                    vector, using = vector["vector"], vector["name"]
                return collection.nearest(vector, using, body)
            if what == "facet" and minor >= 12:
                return collection.facet(check("FacetRequest", body))
            if (method, what) == ("GET", ""):
                return self.describe(collection)
            if (method, what) == ("GET", "exists"):
                return {"exists": True}
        raise Refused(404, "")

    def handle(self, method, path, body):
        parts = [urllib.parse.unquote(part) for part in path.strip("/").split("/")]
        if (method, path) == ("GET", "/aliases"):
            listed = [{"alias_name": a, "collection_name": c} for a, c in self.aliases.items()]
            return {"aliases": listed}
        if (method, path) == ("GET", "/collections"):
            return {"collections": [{"name": name} for name in self.collections]}
        if path == "/collections/aliases":
            return self.change_aliases(check("ChangeAliasesOperation", body))
        if parts[0] == "collections" and len(parts) == 2 and method == "PUT":
            return self.create(parts[1], check("CreateCollection", body))
        if parts[0] == "collections" and len(parts) == 2 and method == "DELETE":
            return self.drop(parts[1])
        if parts[0] == "collections" and len(parts) >= 2:
            return self.on_points(self.get(parts[1]), method, "/".join(parts[2:]), body)
        raise Refused(404, "")


server = Server()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes

    def log_message(self, *_):
        pass

    def send(self, status, body, kind="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def act(self):
        path, _, query = self.path.partition("?")
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if path == "/":
            answer = {"title": "qdrant - vector search engine", "version": options["version"], "standin": True}
            return self.send(200, json.dumps(answer).encode())
        changes = self.command in ("PUT", "DELETE") or path.endswith(("/delete", "/aliases")) and self.command == "POST"
        key = self.headers.get("api-key")
        if key == options.get("read_only_api_key", "") and changes:
            return self.send(403, b"Forbidden: Global manage access is required", "text/plain")
        if "api_key" in options and key not in (options["api_key"], options.get("read_only_api_key")):
            return self.send(401, b"Invalid API key or JWT", "text/plain")
        if changes and "/points" in path and query != "wait=true":
            return self.send(400, b'{"status":{"error":"the stand-in wants wait=true"},"result":null}')
        try:
            result = server.handle(self.command, path, json.loads(raw) if raw else None)
            status, answer = 200, {"time": 0.001, "status": "ok", "result": result}
        except Refused as refused:
            status, answer = refused.status, {"time": 0.001, "status": {"error": refused.reason}, "result": None}
        except Exception as error:
            print(self.command, path, raw[:500], repr(error), flush=True)
            status, answer = 500, {"time": 0.001, "status": {"error": repr(error)}, "result": None}
        return self.send(status, json.dumps(answer).encode())

    do_GET = do_POST = do_PUT = do_DELETE = act


print("qdrant-edge", importlib.util.find_spec("qdrant_edge").origin, options["version"], flush=True)
http.server.ThreadingHTTPServer.daemon_threads = True
http.server.ThreadingHTTPServer.request_queue_size = 128
http.server.ThreadingHTTPServer(("127.0.0.1", options["port"]), Handler).serve_forever()
