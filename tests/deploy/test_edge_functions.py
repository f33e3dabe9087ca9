"""The functions that run at CloudFront's edge, run by Node with the events of CloudFront."""

import json
import os
import shutil
import subprocess

import pytest
from offline_terraform import TREE

FOLDER = TREE / "modules/cloudfront/functions"


def run(name, event):
    node = shutil.which("node") or shutil.which("nodejs")
    if node is None:
        if os.environ.get("SLIPWAY_ENGINES") == "required":
            pytest.fail("Node is not installed")
        pytest.skip("Node is not installed")
    code = (FOLDER / f"{name}.js").read_text() + f"\nprocess.stdout.write(JSON.stringify(handler({json.dumps(event)})));"
    done = subprocess.run([node, "-e", code], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(("name", "path", "file"), [
    ("export", "/", "/index.html"), ("export", "/worlds", "/worlds.html"), ("export", "/worlds/", "/worlds.html"),
    ("export", "/worlds/42", "/worlds/42.html"), ("export", "/_next/app.js", "/_next/app.js"), ("export", "/a.b/c", "/a.b/c.html"),
    ("single", "/", "/index.html"), ("single", "/workspaces/7/posts", "/index.html"), ("single", "/assets/index-1.css", "/assets/index-1.css"),
])
def test_a_path_finds_its_file(name, path, file):
    assert run(name, {"request": {"uri": path, "method": "GET", "headers": {}}})["uri"] == file


@pytest.mark.parametrize(("type", "downloaded"), [
    ("text/html; charset=utf-8", True), ("image/svg+xml", True), ("application/xhtml+xml", True), ("application/javascript", True), ("", True),
    ("image/png", False), ("video/mp4", False), ("audio/mpeg", False),
])
def test_what_a_browser_would_run_is_downloaded(type, downloaded):
    headers = {"content-type": {"value": type}} if type else {}
    answer = run("attachment", {"request": {"uri": "/public/x"}, "response": {"statusCode": 200, "headers": headers}})
    assert (answer["headers"].get("content-disposition") == {"value": "attachment"}) is downloaded


def test_every_function_is_small_enough_for_the_edge():
    for one in FOLDER.glob("*.js"):
        assert one.stat().st_size < 10_000
