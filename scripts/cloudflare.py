#!/usr/bin/env python3
"""Makes Cloudflare what a stack wants it to be. Runs as often as you like: what is so already is left alone.

    terraform output -raw cloudflare | scripts/cloudflare.py --dry-run     says what it would do
    terraform output -raw cloudflare | scripts/cloudflare.py               does it
    terraform output -raw cloudflare | scripts/cloudflare.py --tunnel-token > FILE     the connector's token, for the secret `tunnel`

CLOUDFLARE_API_TOKEN needs Zone: DNS, Zone Settings, WAF, Bot Management (edit) and Account: Cloudflare Tunnel, Access: Apps and Policies (edit).
It touches records that it made (their comment is "Terraform") and hosts that the stack names, the phases of rule sets that it names, and no more.
Exit codes: 0 done, 1 Cloudflare refused, 2 wrong use, 3 --dry-run and something is to be done.
"""
import argparse
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

API = os.environ.get("CLOUDFLARE_API_URL", "https://api.cloudflare.com/client/v4")
PATIENCE = 30  # seconds for one call
PAGE = 100
MARK = "Terraform"


class Refused(Exception):
    """Cloudflare's own words on why not; never the token."""


class Cloudflare:
    def __init__(self, token, dry_run):
        self.token, self.dry_run, self.changes = token, dry_run, []

    def call(self, method, path, body=None, absent=False):
        """The `result` of one call; None for what is not there when `absent` allows that."""
        request = urllib.request.Request(f"{API}{path}", method=method, data=None if body is None else json.dumps(body).encode(), headers={
            "Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return json.load(answer)["result"]
        except urllib.error.HTTPError as error:
            if error.code == 404 and absent:
                return None
            try:
                why = "; ".join(one["message"] for one in json.load(error)["errors"])
            except (ValueError, KeyError, TypeError):
                why = error.reason
            raise Refused(f"{method} {path}: {error.code} {why}") from None
        except (urllib.error.URLError, TimeoutError) as error:
            raise Refused(f"{method} {path}: {getattr(error, 'reason', error)}") from None

    def every(self, path):
        page, found = 1, []
        while True:
            more = self.call("GET", f"{path}{'&' if '?' in path else '?'}page={page}&per_page={PAGE}")
            found += more
            if len(more) < PAGE:
                return found
            page += 1

    def change(self, what, method, path, body=None):
        """One change, said first; with --dry-run only said."""
        self.changes.append(what)
        print(("would " if self.dry_run else "") + what, file=sys.stderr)
        return None if self.dry_run else self.call(method, path, body)


def covers(found, wanted):
    """Whether everything that is wanted is so; what Cloudflare adds by itself does not count."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(covers(found.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(map(covers, found, wanted))
    return found == wanted


def settings(cloudflare, zone, wanted):
    for name, value in wanted.items():
        if cloudflare.call("GET", f"/zones/{zone}/settings/{name}")["value"] != value:
            cloudflare.change(f"set {name} to {value}", "PATCH", f"/zones/{zone}/settings/{name}", {"value": value})


def bot_fight(cloudflare, zone, wanted):
    found = cloudflare.call("GET", f"/zones/{zone}/bot_management", absent=True) or {}
    if bool(found.get("fight_mode")) != wanted:
        cloudflare.change(f"switch Bot Fight Mode {'on' if wanted else 'off'}", "PUT", f"/zones/{zone}/bot_management", {"fight_mode": wanted})


def tunnel(cloudflare, account, wanted):
    """Id of the tunnel, made where it is missing; None in a dry run of a new one."""
    path = f"/accounts/{account}/cfd_tunnel"
    found = cloudflare.every(f"{path}?name={urllib.parse.quote(wanted['name'])}&is_deleted=false")
    made = found[0] if found else cloudflare.change(f"make the tunnel {wanted['name']}", "POST", path, {"name": wanted["name"], "config_src": "cloudflare"})
    if made is None:
        return None
    configuration = f"{path}/{made['id']}/configurations"
    so_far = (cloudflare.call("GET", configuration, absent=True) or {}).get("config") or {}
    if so_far.get("ingress") != wanted["ingress"]:
        cloudflare.change("lead hosts through the tunnel: " + ", ".join(one["hostname"] for one in wanted["ingress"] if "hostname" in one),
                          "PUT", configuration, {"config": {**so_far, "ingress": wanted["ingress"]}})
    return made["id"]


def records(cloudflare, zone, wanted, tunnel_id):
    path = f"/zones/{zone}/dns_records"
    found = cloudflare.every(path)
    for one in wanted:
        one = {**one, "content": f"{tunnel_id or '<the new tunnel>'}.cfargotunnel.com"} if one["content"] == "tunnel" else one
        here = [other for other in found if other["name"] == one["name"] and other["type"] in ("A", "AAAA", "CNAME", one["type"])]
        same = next((other for other in here if covers(other, one)), None)
        for other in here:
            if other is not same and (same or other is not here[0]):
                cloudflare.change(f"delete the record {other['name']} {other['type']}", "DELETE", f"{path}/{other['id']}")
        if same is None and here:
            cloudflare.change(f"change the record {one['name']} to {one['type']} {one['content']}", "PUT", f"{path}/{here[0]['id']}", one)
        elif same is None:
            cloudflare.change(f"make the record {one['name']} {one['type']} {one['content']}", "POST", path, one)
    for other in found:
        if other.get("comment") == MARK and other["name"] not in {one["name"] for one in wanted}:
            cloudflare.change(f"delete the record {other['name']}, which is not wanted any more", "DELETE", f"{path}/{other['id']}")


def rule_sets(cloudflare, zone, wanted):
    for phase, rules in wanted.items():
        path = f"/zones/{zone}/rulesets/phases/{phase}/entrypoint"
        found = (cloudflare.call("GET", path, absent=True) or {}).get("rules") or []
        # Rules that people made there by hand stay, after those of the stack.
        marked = [{**one, "ref": f"{MARK}-{at}"} for at, one in enumerate(rules)]
        theirs = [one for one in found if not str(one.get("ref", "")).startswith(f"{MARK}-")]
        if not covers(found, marked + theirs):
            cloudflare.change(f"set {len(marked)} rules of {phase}" + (f", and keep {len(theirs)} others" if theirs else ""), "PUT", path, {"rules": marked + theirs})


def access(cloudflare, account, wanted):
    path = f"/accounts/{account}/access/apps"
    found = {one.get("domain"): one for one in cloudflare.every(path)} if wanted else {}
    for one in wanted:
        here = found.get(one["domain"])
        if here is None:
            cloudflare.change(f"guard {one['domain']} by Access", "POST", path, one)
        elif not covers(here, one):
            cloudflare.change(f"change who may enter {one['domain']}", "PUT", f"{path}/{here['id']}", one)


def apply(cloudflare, wanted):
    zones = cloudflare.call("GET", f"/zones?name={urllib.parse.quote(wanted['domain'])}")
    if not zones:
        raise Refused(f"the token sees no zone {wanted['domain']}: add the domain to Cloudflare first")
    zone, account = zones[0]["id"], zones[0]["account"]["id"]
    # Guards stand before a host leads anywhere.
    access(cloudflare, account, wanted["access"])
    settings(cloudflare, zone, wanted["settings"])
    bot_fight(cloudflare, zone, wanted["bot_fight"])
    rule_sets(cloudflare, zone, wanted["rule_sets"])
    tunnel_id = tunnel(cloudflare, account, wanted["tunnel"]) if wanted["tunnel"] else None
    records(cloudflare, zone, wanted["records"], tunnel_id)
    return account, tunnel_id


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=argparse.FileType(), default=sys.stdin, help="the output `cloudflare` of the stack (standard input)")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done; exit code 3 where something would")
    parser.add_argument("--tunnel-token", action="store_true", help="print the token of the tunnel's connector, and change nothing")
    options = parser.parse_args()
    token = os.environ.get("CLOUDFLARE_API_TOKEN", "")
    if not token:
        parser.error("CLOUDFLARE_API_TOKEN is not set")
    try:
        wanted = json.load(options.file)
    except ValueError:
        parser.error("this is no JSON: pipe `terraform output -raw cloudflare` in; it is empty without a domain")
    cloudflare = Cloudflare(token, options.dry_run or options.tunnel_token)
    try:
        if options.tunnel_token:
            account = cloudflare.call("GET", f"/zones?name={urllib.parse.quote(wanted['domain'])}")[0]["account"]["id"]
            found = cloudflare.every(f"/accounts/{account}/cfd_tunnel?name={urllib.parse.quote(wanted['tunnel']['name'])}&is_deleted=false")
            if not found:
                raise Refused("the tunnel is not there yet: run without --tunnel-token first")
            print(cloudflare.call("GET", f"/accounts/{account}/cfd_tunnel/{found[0]['id']}/token"))
            return 0
        apply(cloudflare, wanted)
    except Refused as why:
        print(f"Cloudflare refused: {why}", file=sys.stderr)
        return 1
    if not cloudflare.changes:
        print("everything is so already", file=sys.stderr)
    return 3 if options.dry_run and cloudflare.changes else 0


if __name__ == "__main__":
    sys.exit(main())
