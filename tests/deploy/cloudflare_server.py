"""As much of Cloudflare's API v4 as scripts/cloudflare.py uses, in memory on loopback: envelopes, pages, 404s, ids, what a rule gets added."""

import http.server
import itertools
import json
import re
import threading
import urllib.parse

ZONE, ACCOUNT, TOKEN = "zone1", "account1", "token-of-the-test-41c7"


class Server(http.server.ThreadingHTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.ids = itertools.count(1)
        self.records, self.tunnels, self.configurations, self.apps, self.rule_sets = {}, {}, {}, {}, {}
        self.settings = {"ssl": "flexible", "always_use_https": "off", "min_tls_version": "1.0", "websockets": "on",
                         "automatic_https_rewrites": "off", "opportunistic_encryption": "off"}
        self.fight_mode = False
        self.calls = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/client/v4"

    def changes(self):
        return [call for call in self.calls if not call.startswith("GET ")]


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, status, result=None, errors=()):
        body = json.dumps({"success": status < 400, "errors": [{"code": 1000, "message": one} for one in errors], "messages": [], "result": result}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def page(self, items, query):
        number, size = int(query.get("page", 1)), int(query.get("per_page", 20))
        self.answer(200, list(items)[(number - 1) * size:number * size])

    def collection(self, store, path, method, body, query):
        """GET, POST of a collection; PUT, DELETE of one of it."""
        one = re.search(r"/([^/]+)$", path)[1]
        if method == "GET":
            return self.page([item for item in store.values() if "name" not in query or item["name"] == query["name"]], query)
        if method == "POST":
            made = {**body, "id": f"id{next(self.server.ids)}", "created_on": "2026-01-01T00:00:00Z"}
            store[made["id"]] = made
            return self.answer(200, made)
        if one not in store:
            return self.answer(404, errors=["not found"])
        if method == "DELETE":
            return self.answer(200, store.pop(one))
        store[one] = {**body, "id": one}
        return self.answer(200, store[one])

    def handle_call(self):
        path, _, text = self.path.partition("?")
        query = dict(urllib.parse.parse_qsl(text))
        path = path.removeprefix("/client/v4")
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "null")
        self.server.calls.append(f"{self.command} {path}")
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            return self.answer(403, errors=["Invalid API Token"])
        server = self.server
        if path == "/zones":
            return self.answer(200, [{"id": ZONE, "name": query["name"], "account": {"id": ACCOUNT}}] if query["name"] == "example.com" else [])
        if path.startswith(f"/zones/{ZONE}/settings/"):
            name = path.rsplit("/", 1)[1]
            if self.command == "PATCH":
                server.settings[name] = body["value"]
            return self.answer(200, {"id": name, "value": server.settings[name]})
        if path == f"/zones/{ZONE}/bot_management":
            server.fight_mode = body["fight_mode"] if self.command == "PUT" else server.fight_mode
            return self.answer(200, {"fight_mode": server.fight_mode})
        if path.startswith(f"/zones/{ZONE}/rulesets/phases/"):
            return self.phase(path.split("/")[5], body)
        if path.startswith(f"/zones/{ZONE}/dns_records"):
            return self.collection(server.records, path, self.command, body, query)
        if path.endswith("/configurations"):
            return self.configuration(path.split("/")[4], body)
        if path.endswith("/token"):
            return self.answer(200, "token-of-the-connector")
        if path.startswith(f"/accounts/{ACCOUNT}/cfd_tunnel"):
            return self.collection(server.tunnels, path, self.command, body, query)
        if path.startswith(f"/accounts/{ACCOUNT}/access/apps"):
            return self.collection(server.apps, path, self.command, body, query)
        return self.answer(404, errors=["no such path"])

    def phase(self, name, body):
        if self.command == "PUT":
            rules = [{**one, "id": f"rule{next(self.server.ids)}", "enabled": True, "version": "1"} for one in body["rules"]]
            self.server.rule_sets[name] = {"id": f"set-{name}", "phase": name, "rules": rules}
        found = self.server.rule_sets.get(name)
        return self.answer(200, found) if found else self.answer(404, errors=["could not find entrypoint ruleset"])

    def configuration(self, tunnel, body):
        if self.command == "PUT":
            self.server.configurations[tunnel] = body["config"]
        return self.answer(200, {"tunnel_id": tunnel, "config": self.server.configurations.get(tunnel)})

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_call
