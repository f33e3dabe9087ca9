"""scripts/cloudflare.py makes Cloudflare what the module `cloudflare` wants: from a real plan, against the API's calls on loopback."""

import json
import os
import subprocess
import sys

import pytest
from cloudflare_server import TOKEN, Server
from offline_terraform import ROOT, copy_tree, init, terraform

HOSTS = {"app": {"content": "tunnel"}, "admin": {"content": "tunnel"}, "api": {"content": "d-1.execute-api.us-east-1.amazonaws.com"}}
VALUES = {
    "domain": "example.com", "records": HOSTS,
    "tunnel": {"name": "shop", "services": {"app": "http://localhost:8766", "admin": "http://localhost:8766"}},
    "managed_rules": {"sets": ["managed", "owasp"]},
    "custom_rules": {"no probes": {"expression": 'http.request.uri.path contains "/.git"'}},
    "rate_limits": {"sign-in": {"expression": 'starts_with(http.request.uri.path, "/api/auth/")', "requests": 20}},
    "access": {"admin": {"emails": ["ops@example.com"]}},
}


@pytest.fixture(scope="module")
def wanted(tmp_path_factory):
    """The module's output: it needs no provider, so it is applied for real."""
    folder = copy_tree(tmp_path_factory.mktemp("cloudflare")) / "modules/cloudflare"
    (folder / "values.auto.tfvars.json").write_text(json.dumps(VALUES))
    init(folder)
    terraform(folder, "apply", "-no-color", "-auto-approve")
    again = terraform(folder, "plan", "-no-color", "-detailed-exitcode", check=False)
    assert again.returncode == 0, again.stdout
    return terraform(folder, "output", "-raw", "configuration").stdout


@pytest.fixture
def cloudflare():
    server = Server()
    yield server
    server.shutdown()
    server.server_close()


def run(cloudflare, wanted, *arguments, token=TOKEN):
    return subprocess.run([sys.executable, ROOT / "scripts/cloudflare.py", *arguments], input=wanted, text=True, capture_output=True, timeout=60,
                          env={"PATH": os.environ["PATH"], "CLOUDFLARE_API_URL": cloudflare.url, "CLOUDFLARE_API_TOKEN": token})


def test_it_is_said_then_done_then_left_alone(cloudflare, wanted):
    said = run(cloudflare, wanted, "--dry-run")
    assert said.returncode == 3 and "would make the tunnel shop" in said.stderr and not cloudflare.changes()
    done = run(cloudflare, wanted)
    assert done.returncode == 0, done.stderr
    changed = len(cloudflare.changes())
    again = run(cloudflare, wanted)
    assert again.returncode == 0 and "everything is so already" in again.stderr and len(cloudflare.changes()) == changed
    assert run(cloudflare, wanted, "--dry-run").returncode == 0
    assert cloudflare.settings["ssl"] == "strict" and cloudflare.settings["min_tls_version"] == "1.2"


def test_hosts_lead_where_they_should(cloudflare, wanted):
    assert run(cloudflare, wanted).returncode == 0
    tunnel = next(iter(cloudflare.tunnels))
    assert {one["name"]: (one["type"], one["content"], one["proxied"]) for one in cloudflare.records.values()} == {
        "app.example.com": ("CNAME", f"{tunnel}.cfargotunnel.com", True), "admin.example.com": ("CNAME", f"{tunnel}.cfargotunnel.com", True),
        "api.example.com": ("CNAME", "d-1.execute-api.us-east-1.amazonaws.com", True)}
    assert [one["service"] for one in cloudflare.configurations[tunnel]["ingress"]] == ["http://localhost:8766"] * 2 + ["http_status:404"]
    assert run(cloudflare, wanted, "--tunnel-token").stdout.strip() == "token-of-the-connector"


def test_the_rules_of_the_firewall_are_set_and_nobody_else_s_lost(cloudflare, wanted):
    theirs = {"description": "by hand", "expression": "true", "action": "log", "id": "rule0", "ref": "0123", "enabled": True}
    cloudflare.rule_sets["http_request_firewall_custom"] = {"id": "set", "rules": [theirs]}
    done = run(cloudflare, wanted)
    assert done.returncode == 0, done.stderr
    assert [one["description"] for one in cloudflare.rule_sets["http_request_firewall_custom"]["rules"]] == ["no probes", "by hand"]
    managed = cloudflare.rule_sets["http_request_firewall_managed"]["rules"]
    assert [one["action_parameters"]["id"] for one in managed] == ["efb7b8c949ac4650a09736fc376e9aee", "4814384a9e5d4991b9815dcfc25d2f1f"]
    assert cloudflare.rule_sets["http_ratelimit"]["rules"][0]["ratelimit"]["requests_per_period"] == 20
    assert "everything is so already" in run(cloudflare, wanted).stderr


def test_the_admin_console_is_behind_access(cloudflare, wanted):
    assert run(cloudflare, wanted).returncode == 0
    app = next(iter(cloudflare.apps.values()))
    assert app["domain"] == "admin.example.com" and app["session_duration"] == "8h"
    assert app["policies"][0]["include"] == [{"email": {"email": "ops@example.com"}}]
    assert app["policies"][0]["require"] == [{"auth_method": {"auth_method": "mfa"}}]
    # The guard was there before the host led anywhere.
    calls = cloudflare.changes()
    assert calls.index("POST /accounts/account1/access/apps") < calls.index("POST /zones/zone1/dns_records")


def test_what_others_made_stays_and_what_is_gone_goes(cloudflare, wanted):
    cloudflare.records["mail"] = {"id": "mail", "name": "mail.example.com", "type": "A", "content": "192.0.2.1", "proxied": False}
    cloudflare.records["old"] = {"id": "old", "name": "old.example.com", "type": "CNAME", "content": "x", "proxied": True, "comment": "Terraform"}
    cloudflare.records["app"] = {"id": "app", "name": "app.example.com", "type": "A", "content": "192.0.2.2", "proxied": False}
    assert run(cloudflare, wanted).returncode == 0
    assert "mail" in cloudflare.records and "old" not in cloudflare.records and cloudflare.records["app"]["type"] == "CNAME"


@pytest.mark.parametrize(("change", "token", "code", "said"), [
    ({}, "wrong", 1, "Invalid API Token"),
    ({"domain": "elsewhere.org"}, TOKEN, 1, "sees no zone elsewhere.org"),
    (None, TOKEN, 2, "this is no JSON"),
    ({}, "", 2, "CLOUDFLARE_API_TOKEN is not set"),
])
def test_refusals_say_why_and_hold_no_token(cloudflare, wanted, change, token, code, said):
    refused = run(cloudflare, "" if change is None else json.dumps(json.loads(wanted) | change), token=token)
    assert refused.returncode == code and said in refused.stderr
    assert not cloudflare.changes() and (not token or token not in refused.stderr + refused.stdout)
