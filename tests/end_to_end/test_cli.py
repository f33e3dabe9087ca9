"""The command line: every command, with and without a running server; exit codes 0 (done), 2 (wrong use), 1 (the rest)."""

import fcntl
import json
import os
import pty
import re
import select
import subprocess
import termios

import pytest

from conftest import copy_small
from http_api import Api, register
from programs import BINARY, PATIENCE, Server, clean_environment, run_cli

QUESTION = "Should I pay off my debts before I save?"
COMMANDS = "serve check ingest search reindex ask chat status health backup restore migrate "\
           "copy users tokens keys workspaces jobs audit plan terraform deploy verify lambda new completion version".split()
USER_COMMANDS = ["list", "create", "password", "role", "block", "unblock", "sessions", "end-sessions", "reset", "import"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A small application with documents indexed and no server: the commands open the stores themselves."""
    folder = tmp_path_factory.mktemp("shop")
    application = copy_small(folder)
    run_cli("ingest", application, application / "docs", folder=folder)

    class Shop:
        def __init__(self):
            self.folder, self.application = folder, application

        def run(self, command, *arguments, **options):
            return run_cli(*command.split(), application, *arguments, folder=folder, **options)
    return Shop()


def test_version_and_help(tmp_path):
    assert re.fullmatch(r"slipway \d+\.\d+\.\d+\n", run_cli("version", folder=tmp_path).stdout)
    assert "slipway 0." in run_cli("--version", folder=tmp_path).stdout
    helped = run_cli("--help", folder=tmp_path).stdout
    for command in COMMANDS:
        assert re.search(rf"^\s+{command}\s", helped, re.MULTILINE), command
        assert run_cli(command, "--help", folder=tmp_path).stdout


def test_wrong_use_is_exit_code_2(tmp_path):
    for arguments in ([], ["sing"], ["ask"], ["ask", "app"], ["serve"], ["search", "app", "q", "--limit", "many"], ["search", "app", "q", "--limit", "0"],
                      ["users"], ["users", "dance"], ["users", "role", "app", "name", "king"], ["completion", "tcsh"], ["ingest", "app"],
                      ["serve", "app", "--port", "99999"], ["check"], ["version", "--nonsense"], ["new", "Bad Name"]):
        refused = run_cli(*arguments, folder=tmp_path, check=2)
        assert refused.stderr, arguments
        assert refused.stdout == "", arguments


def test_a_mistyped_word_gets_a_suggestion(tmp_path):
    for line, said in (("sreve app", "slipway has no command sreve. Did you mean serve?"),
                       ("users bloc ada", "slipway users has no command bloc. Did you mean block?"),
                       ("serve app --prot 1", "slipway serve has no option --prot. Did you mean --port?"),
                       ("frobnicate", "slipway --help lists them all."),
                       ("serve app another", "slipway serve does not take another"),
                       ("serve", "APP is required; see slipway serve --help.")):
        assert said in run_cli(*line.split(), folder=tmp_path, check=2).stderr, line


def test_an_unknown_application_is_exit_code_1(tmp_path):
    for arguments in (["serve", "nowhere"], ["check", "nowhere"], ["ask", "nowhere", "x"], ["search", "nowhere", "x"], ["status", "nowhere"],
                      ["reindex", "nowhere"], ["backup", "nowhere", "x"], ["restore", "nowhere", "x"], ["users", "list", "nowhere"]):
        refused = run_cli(*arguments, folder=tmp_path, check=1)
        assert "nowhere" in refused.stderr + refused.stdout, arguments
    assert os.listdir(tmp_path) == [], "nothing was made on the way"


def test_check_tells_all_that_is_wrong(tmp_path, small_application):
    good = run_cli("check", small_application, folder=tmp_path)
    assert "right" in good.stdout
    manifest = small_application / "app.yaml"
    text = manifest.read_text().replace("port: ${PORT:-8000}", "prot: 8000").replace("refresh_token: 30d", "refresh_token: soon")
    manifest.write_text(text)
    lines = text.splitlines()
    bad = run_cli("check", small_application, folder=tmp_path, check=1).stdout
    row = next(number for number, line in enumerate(lines, 1) if "prot: 8000" in line)
    assert f":{row}:3: error:" in bad and "Did you mean" in bad and "port" in bad
    row = next(number for number, line in enumerate(lines, 1) if "refresh_token: soon" in line)
    assert f":{row}:" in bad and "2 errors" in bad
    refused = run_cli("serve", small_application, "--port", "0", folder=tmp_path, check=1)
    assert "Did you mean" in refused.stderr


def test_check_runs_the_scripts(tmp_path, small_application):
    routes = small_application / "routes.lua"
    routes.write_text(routes.read_text() + "\nlocal broken = = 1\n")
    refused = run_cli("check", small_application, folder=tmp_path, check=1)
    last = len(routes.read_text().splitlines())
    assert re.search(rf"routes\.lua:{last}", refused.stderr + refused.stdout)
    assert not (tmp_path / "data").exists(), "check leaves nothing behind"


def test_check_prints_schema_and_reference(tmp_path):
    schema = json.loads(run_cli("check", "--schema", folder=tmp_path).stdout)
    assert "knowledge" in schema["properties"] and schema["additionalProperties"] is False
    assert "# " in run_cli("check", "--reference", folder=tmp_path).stdout


def test_a_path_that_is_taken_is_an_error_and_no_crash(tmp_path, small_application):
    (small_application / "routes.lua").write_text('route.get("/api/me", function() return {} end)\n')
    refused = run_cli("check", small_application, folder=tmp_path, check=1)
    assert "routes.lua:1: GET /api/me is served already" in refused.stderr
    (small_application / "routes.lua").unlink()
    manifest = small_application / "app.yaml"
    manifest.write_text(manifest.read_text().replace("health: /health", "health: /api/me", 1))
    refused = run_cli("check", small_application, folder=tmp_path, check=1)
    assert "/api/me' exists already. Choose another path in app.yaml." in refused.stderr


def test_new_makes_an_application_that_answers(tmp_path):
    run_cli("new", "garden", folder=tmp_path)
    assert "exists" in run_cli("new", "garden", folder=tmp_path, check=1).stderr
    assert "right" in run_cli("check", "garden", folder=tmp_path).stdout
    with Server(tmp_path / "garden", tmp_path / "data" / "garden") as server:
        server.wait_for_documents()
        message = register(server.url).post("/api/chats/new/messages", {"content": "How do I add a document?"}).json
        assert "docs" in message["content"] and message["sources"]
        assert "docs" in run_cli("ask", "garden", "How do I add a document?", folder=tmp_path).stdout


def test_ingest_reports_progress_and_results(tmp_path, small_application):
    notes = tmp_path / "notes"
    (notes / "money").mkdir(parents=True)
    (notes / "money" / "coins.md").write_text("# Coins\n\nA numismatist keeps her coins in paper, never in plastic.\n")
    (notes / "loose.txt").write_text("Plain words about marzipan, which is made of almonds.\n")
    first = run_cli("ingest", small_application, notes, folder=tmp_path)
    assert first.stdout.startswith("2 added, 0 updated, 0 unchanged, 0 failed;")
    assert re.search(r"2/2 files, .* chunks", first.stderr) and "\x1b" not in first.stderr
    assert "0 added, 0 updated, 2 unchanged, 0 failed" in run_cli("ingest", small_application, notes, folder=tmp_path).stdout
    (notes / "loose.txt").write_text("Plain words about nougat, which is made of hazelnuts.\n")
    assert "0 added, 1 updated, 1 unchanged" in run_cli("ingest", small_application, notes, folder=tmp_path).stdout
    in_money = json.loads(run_cli("search", small_application, "numismatist", "--namespace", "money", "--json", folder=tmp_path).stdout)
    assert in_money["results"][0]["title"] == "Coins"
    assert "marzipan" not in run_cli("search", small_application, "marzipan", folder=tmp_path).stdout
    (notes / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    failed = run_cli("ingest", small_application, notes, folder=tmp_path, check=1)
    assert "1 failed" in failed.stdout and "broken.pdf" in failed.stderr
    assert "no such" in run_cli("ingest", small_application, notes, "--namespace", "no such", folder=tmp_path, check=1).stderr
    assert "nowhere.md" in run_cli("ingest", small_application, "nowhere.md", folder=tmp_path, check=1).stderr


def test_the_first_question_brings_the_documents_up_to_date(tmp_path, small_application):
    note = small_application / "docs" / "money" / "fresh.md"
    note.write_text("# Fresh\n\nThe periwinkle fund is for periwinkles only.\n")
    found = run_cli("search", small_application, "periwinkle", folder=tmp_path)
    assert "periwinkles only" in found.stdout
    note.unlink()
    found = run_cli("search", small_application, "periwinkle", folder=tmp_path)
    assert "periwinkles only" not in found.stdout and "files" not in found.stderr


def test_search_shows_passages_and_scores(shop):
    plain = shop.run("search", "debt").stdout
    assert re.search(r"^\[1\] .*Debt", plain, re.MULTILINE)
    assert "score" in shop.run("search", "debt", "--explain").stdout
    found = json.loads(shop.run("search", "debt", "--json", "--limit", "2").stdout)
    assert found["question"] and len(found["results"]) == 2
    assert json.loads(shop.run("search", "debt", "--json", "--namespace", "meditation").stdout)["results"] != found["results"]


def test_ask_streams_an_answer_with_numbered_sources(shop):
    plain = shop.run("ask", QUESTION).stdout
    assert "[1]" in plain and re.search(r"^Sources$", plain, re.MULTILINE) and re.search(r"^  \[1\] .*Debt", plain, re.MULTILINE)
    answer = json.loads(shop.run("ask", QUESTION, "--json").stdout)
    assert answer["answer"] and answer["sources"] and answer["refused"] is False
    refused = json.loads(shop.run("ask", "What is the boiling point of tungsten in kelvin?", "--json").stdout)
    assert refused["refused"] is True and refused["sources"] == []
    shop.run("ask", " ", check=1)


def test_chat_reads_questions_from_standard_input(shop):
    told = shop.run("chat", input=f"{QUESTION}\nAnd how do I talk to the lender?\n\nnever asked\n").stdout
    assert told.count("Sources") >= 1 and "never asked" not in told and "> " not in told


def test_status(shop, tmp_path):
    told = shop.run("status").stdout
    assert "No server runs" in told and re.search(r"documents\s+3 indexed", told)
    state = json.loads(shop.run("status", "--json").stdout)
    assert state["running"] is False and state["documents"]["indexed"] == 3
    assert {store["name"] for store in state["stores"]} == {"database", "index", "objects", "cache", "channels", "queue", "mail"}


def test_commands_reach_a_running_server(tmp_path, small_application):
    with Server(small_application, tmp_path / "data") as server:
        server.wait_for_documents()

        def run(*command, **options):
            return run_cli(*command, "--data", server.data, folder=tmp_path, **options)
        assert "The server runs." in run("status", small_application).stdout
        assert run_cli("status", server.url, folder=tmp_path).stdout == "ready\n"
        (tmp_path / "tea.md").write_text("# Tea\n\nOolong wants water of ninety degrees and the patience of a heron.\n")
        assert "1 added" in run("ingest", small_application, tmp_path / "tea.md", "--namespace", "diet_food").stdout
        assert "heron" in run("search", small_application, "oolong").stdout
        assert "[1]" in run("ask", small_application, QUESTION).stdout
        assert "chunks indexed" in run("reindex", small_application).stdout
        run("users", "create", small_application, "greta", "--email", "greta@example.org", "--password", "a long password", "--role", "admin")
        tokens = Api(server.url).post("/api/auth/login", {"name": "greta", "password": "a long password"}).json
        assert tokens["user"]["role"] == "admin"
        found = Api(server.url, tokens["access_token"]).get("/api/search?q=oolong").json["results"]
        assert found and found[0]["namespace"] == "diet_food", "the server sees what the command did"
    run_cli("status", server.url, folder=tmp_path, check=1)


def test_reindex_rebuilds_a_lost_or_damaged_index(tmp_path, small_application):
    data = tmp_path / "data" / "wwhd"
    run_cli("ingest", small_application, small_application / "docs", folder=tmp_path)
    indexes = [path for path in data.iterdir() if "index" in path.name and path.is_file() and not path.name.endswith(("-wal", "-shm"))]
    assert indexes
    for path in indexes:
        path.write_bytes(b"this is no index at all" * 100)
    for path in data.glob("*index*-wal"):
        path.unlink()
    assert "reindex" in run_cli("search", small_application, "debt", folder=tmp_path, check=1).stderr
    assert re.search(r"[1-9]\d* chunks indexed", run_cli("reindex", small_application, folder=tmp_path).stdout)
    assert "[1]" in run_cli("search", small_application, "debt", folder=tmp_path).stdout


def test_backup_of_a_running_server_restores_elsewhere(tmp_path, small_application):
    with Server(small_application, tmp_path / "data") as server:
        server.wait_for_documents()
        user = register(server.url)
        chat = user.post("/api/chats/new/messages", {"content": QUESTION}).json["chat_id"]
        made = run_cli("backup", small_application, tmp_path / "saved", "--data", server.data, folder=tmp_path)
        assert re.search(r"\d+ files", made.stdout)
        assert "exists" in run_cli("backup", small_application, tmp_path / "saved", "--data", server.data, folder=tmp_path, check=1).stderr
        user.post(f"/api/chats/{chat}/messages", {"content": "after the backup"})
        run_cli("restore", small_application, tmp_path / "saved", "--replace", "--data", server.data, folder=tmp_path, check=1)
    restored = tmp_path / "restored"
    run_cli("restore", small_application, tmp_path / "saved", "--data", restored, folder=tmp_path)
    with Server(small_application, restored) as server:
        again = Api(server.url, user.token)
        assert len(again.get(f"/api/chats/{chat}/messages").json["messages"]) == 2
        source = again.get("/api/search?q=debt").json["results"][0]
        assert Api(server.url).get(source["url"].split("#")[0]).body if source["url"].startswith("/") else source["url"]
    assert "--replace" in run_cli("restore", small_application, tmp_path / "saved", "--data", restored, folder=tmp_path, check=1).stderr
    run_cli("restore", small_application, tmp_path / "saved", "--replace", "--data", restored, folder=tmp_path)
    victim = next(path for path in (tmp_path / "saved").rglob("*") if path.is_file() and path.name != "backup.json")
    victim.write_bytes(victim.read_bytes() + b"x")
    damaged = run_cli("restore", small_application, tmp_path / "saved", "--data", tmp_path / "third", folder=tmp_path, check=1)
    assert "damaged" in damaged.stderr


def test_users(tmp_path, small_application):
    def users(command, *arguments, **options):
        return run_cli("users", command, small_application, *arguments, folder=tmp_path, **options)
    users("create", "ada", "--email", "ada@example.org", "--password", "a long password")
    users("create", "grace", "--email", "grace@example.org", "--owner", input="another password\n")
    assert "registered" in users("create", "ada", "--email", "b@example.org", "--password", "a long password", check=1).stderr
    users("create", "short", "--email", "s@example.org", "--password", "x", check=1)
    listed = users("list").stdout
    assert re.search(r"ada\s+ada@example.org\s+member", listed) and re.search(r"grace\s+grace@example.org\s+owner", listed)
    assert "admin" in users("role", "ada@example.org", "admin").stdout
    users("password", "ada", "--password", "a new password")
    assert "nobody" in users("password", "nobody", "--password", "a new password", check=1).stderr
    users("block", "grace")
    assert re.search(r"grace.*blocked", users("list").stdout)
    with Server(small_application, tmp_path / "data" / "wwhd") as server:
        login = Api(server.url)
        login.post("/api/auth/login", {"name": "ada", "password": "a long password"}, 401)
        assert login.post("/api/auth/login", {"name": "ada", "password": "a new password"}).json["user"]["role"] == "admin"
        login.post("/api/auth/login", {"name": "grace", "password": "some other password"}, 401)
        login.post("/api/auth/login", {"name": "grace", "password": "another password"}, 403)  # told only to who has the password
        run_cli("users", "unblock", small_application, "grace", "--data", server.data, folder=tmp_path)
        signed = login.post("/api/auth/login", {"name": "grace", "password": "another password"}).json
        run_cli("users", "block", small_application, "grace", "--data", server.data, folder=tmp_path)
        Api(server.url, signed["access_token"]).get("/api/me", 401)


def test_completion_knows_every_command(tmp_path):
    for shell in ("bash", "zsh", "fish"):
        script = run_cli("completion", shell, folder=tmp_path).stdout
        for command in COMMANDS + USER_COMMANDS:
            assert re.search(rf"\b{command}\b", script), (shell, command)
    bash = run_cli("completion", "bash", folder=tmp_path).stdout
    subprocess.run(["bash", "-n"], input=bash, text=True, check=True)
    asked = bash + "\nCOMP_WORDS=(slipway se); COMP_CWORD=1; _slipway; echo ${COMPREPLY[@]}\n"
    told = subprocess.run(["bash"], input=asked, text=True, check=True, capture_output=True).stdout
    assert set(told.split()) == {"serve", "search"}


def test_a_terminal_sees_where_to_look_next(tmp_path, small_application):
    """On a terminal serve greets, and the log is for people."""
    master, slave = pty.openpty()

    def own_terminal():  # so that Ctrl-C becomes a signal, as in a shell
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    process = subprocess.Popen([str(BINARY), "serve", str(small_application), "--port", "0", "--data", str(tmp_path / "data")], cwd=tmp_path,
                               env=clean_environment(), stdin=slave, stdout=slave, stderr=slave, preexec_fn=own_terminal)
    os.close(slave)
    seen = ""
    try:
        while "Stop with Ctrl-C" not in seen:
            ready, _, _ = select.select([master], [], [], PATIENCE)
            assert ready, seen
            seen += os.read(master, 4096).decode(errors="replace")
        os.write(master, b"\x03")
        while True:
            ready, _, _ = select.select([master], [], [], PATIENCE)
            assert ready, seen
            try:
                more = os.read(master, 4096)
            except OSError:
                break
            if not more:
                break
            seen += more.decode(errors="replace")
        assert process.wait(PATIENCE) == 0
    finally:
        if process.poll() is None:
            process.kill()
        os.close(master)
    for wanted in ("is served on http://", "Open the page", "slipway ask", "openapi.json", "Data lies in"):
        assert wanted in seen, seen
    assert '{"time"' not in seen


def test_data_folder_by_option_variable_and_default(tmp_path, small_application):
    run_cli("users", "list", small_application, "--data", "by-option", folder=tmp_path, environment={"DATA": "by-variable"})
    assert (tmp_path / "by-option").is_dir() and not (tmp_path / "by-variable").exists()
    run_cli("users", "list", small_application, folder=tmp_path, environment={"DATA": "by-variable"})
    assert (tmp_path / "by-variable").is_dir()
    run_cli("users", "list", small_application, folder=tmp_path)
    assert (tmp_path / "data" / "wwhd").is_dir()
    assert (tmp_path / "data" / "wwhd").stat().st_mode & 0o077 == 0, "private"
