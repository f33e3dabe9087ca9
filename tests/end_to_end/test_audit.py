"""The security events of an application: read by its admins, page by page or all at once, and by the operator."""

import json
import sqlite3

import pytest

from conftest import copy_small
from http_api import Api, register
from programs import Server, event_of, run_cli


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audit")
    application = copy_small(folder)
    data = folder / "data"
    with Server(application, data) as server:
        users = [register(server.url) for _ in range(4)]
        name = users[0].get("/api/me").json["username"]
        run_cli("users", "role", application, name, "admin", "--data", data, folder=folder)
        yield application, data, server, users


def test_an_admin_reads_page_by_page(served):
    admin = served[3][0]
    first = admin.get("/api/audit?event=sign_up&limit=3").json
    assert [event["event"] for event in first["events"]] == ["sign_up"] * 3
    rest = admin.get(f"/api/audit?event=sign_up&limit=3&before={first['next']}").json
    assert len(rest["events"]) == 1 and "next" not in rest
    ids = [event["id"] for event in first["events"] + rest["events"]]
    assert ids == sorted(ids, reverse=True) and len(set(ids)) == 4
    one = admin.get(f"/api/audit/{ids[0]}").json
    assert one == first["events"][0]
    assert one["sealed"] is True and one["outcome"] == "success"


def test_an_export_has_all_in_lines(served):
    admin = served[3][0]
    answer = admin.get("/api/audit/export?event=sign_up")
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/jsonl"
    assert len([json.loads(line) for line in answer.text.splitlines()]) == 4


def test_others_do_not_read_it(served):
    _, _, server, users = served
    for path in ("/api/audit", "/api/audit/export", "/api/audit/some-id"):
        users[1].get(path, expect=403)
        Api(server.url).get(path, expect=401)


def test_wrong_questions_are_told(served):
    admin = served[3][0]
    for query in ("event=whatever", "outcome=perhaps", "from=yesterday", "until=2026-13-01", "limit=many"):
        admin.get(f"/api/audit?{query}", expect=400)
    assert admin.get("/api/audit?from=2026-01-01&until=2026-01-02").json == {"events": []}
    admin.get("/api/audit/not-there", expect=404)


def test_the_operator_reads_it_while_the_server_runs(served):
    application, data, _, _ = served
    shown = run_cli("audit", application, "--data", data, "--event", "sign_up", folder=data.parent)
    assert shown.stdout.count("sign_up") == 4
    lines = run_cli("audit", application, "--data", data, "--export", folder=data.parent).stdout.splitlines()
    assert len([one for one in map(json.loads, lines) if one["event"] == "sign_up"]) == 4
    none = run_cli("audit", application, "--data", data, "--workspace", "other", folder=data.parent)
    assert "no such security events" in none.stdout


def test_a_changed_row_is_told(tmp_path):
    application, data = copy_small(tmp_path), tmp_path / "data"
    run_cli("users", "create", application, "ada", "--email", "ada@example.org", "--data", data, folder=tmp_path,
            input="correct horse battery\n")
    database = next(path for path in data.rglob("*") if path.suffix in (".db", ".sqlite") and "index" not in path.name)
    with sqlite3.connect(database) as rows:
        rows.execute("update security_events set address = '198.51.100.7'")
    assert "(CHANGED)" in run_cli("audit", application, "--data", data, folder=tmp_path).stdout


def test_what_was_kept_long_enough_is_forgotten(tmp_path):
    application, data = copy_small(tmp_path), tmp_path / "data"
    for name in ("ada", "ben"):
        run_cli("users", "create", application, name, "--email", f"{name}@example.org", "--data", data, folder=tmp_path, input="correct horse battery\n")
    database = next(path for path in data.rglob("*") if path.suffix in (".db", ".sqlite") and "index" not in path.name)
    with sqlite3.connect(database) as rows:
        old = rows.execute("select min(id) from security_events").fetchone()[0]
        rows.execute("update security_events set at = 0 where id = ?", (old,))
    with Server(application, data) as server:
        assert server.log.wait_for(event_of("old security events removed"))["events"] == 1
    left = run_cli("audit", application, "--data", data, "--event", "sign_up", folder=tmp_path).stdout
    assert left.count("sign_up") == 1
