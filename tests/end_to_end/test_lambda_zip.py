"""The zip of a function runs where nothing of Debian is: in a root file system that holds what it unpacks to, and /proc."""

import hashlib
import json
import os
import pathlib
import subprocess
import zipfile

import pytest

from engines import Postgres
from http_api import register
from lambda_emulator import Sandbox
from programs import BINARY, PATIENCE, ROOT, Server

UNAMENTIS = ROOT / "apps/unamentis"
UNPACKED_MAX = 250 << 20  # of AWS
# As Lambda's own user, where this one may become it.
ENTER = 'mount --bind /proc "$1/proc" && exec chroot {} "$1" /var/task/bootstrap'


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    target = tmp_path_factory.mktemp("package") / "function.zip"
    done = subprocess.run([ROOT / "scripts/lambda-zip.sh", UNAMENTIS, target], env=os.environ | {"SLIPWAY_BINARY": str(BINARY)}, capture_output=True,
                          text=True, timeout=PATIENCE * 2)
    assert done.returncode == 0, done.stderr
    return target, done.stdout


@pytest.fixture(scope="module")
def root(package, tmp_path_factory):
    """An empty root: what the zip has in /var/task, and places for /proc and /tmp."""
    place = tmp_path_factory.mktemp("root")
    place.chmod(0o755)
    for name in ("proc", "tmp", "etc", "var/task"):
        (place / name).mkdir(parents=True)
    (place / "tmp").chmod(0o1777)
    with zipfile.ZipFile(package[0]) as zipped:
        for entry in zipped.infolist():
            path = pathlib.Path(zipped.extract(entry, place / "var/task"))
            path.chmod(entry.external_attr >> 16 & 0o777)
    if subprocess.run(["unshare", *rights(), "true"], capture_output=True).returncode != 0:
        pytest.skip("this user may make no name spaces")
    return place


def rights():
    return ["-m"] if os.geteuid() == 0 else ["-rm"]


def sandbox(root, folder, handler, **environment):
    user = "--userspec=1051:1051" if os.geteuid() == 0 else ""
    command = ["unshare", *rights(), "sh", "-c", ENTER.format(user), "sh", str(root)]
    return Sandbox("", folder, command=command, handler=handler, **({"LAMBDA_TASK_ROOT": "/var/task", "TMPDIR": "/tmp", "HOME": "/"} | environment))


def test_the_package_is_one_that_lambda_takes(package):
    target, said = package
    with zipfile.ZipFile(target) as zipped:
        entries = {entry.filename: entry for entry in zipped.infolist()}
        assert entries["bootstrap"].external_attr >> 16 == 0o100755 and entries["slipway"].external_attr >> 16 == 0o100755
        assert {"app/app.yaml", "certificates.pem", "lib/loader", "lib/libc.so.6", "lib/libpq.so.5"} <= set(entries)
        assert not [name for name in entries if "/." in name or name.startswith("app/deploy")]
        assert sum(entry.file_size for entry in entries.values()) < UNPACKED_MAX
        assert b"BEGIN CERTIFICATE" in zipped.read("certificates.pem")
    assert "MB, unpacked" in said


def test_the_same_input_gives_the_same_bytes(package, tmp_path):
    again = tmp_path / "again.zip"
    subprocess.run([ROOT / "scripts/lambda-zip.sh", UNAMENTIS, again], env=os.environ | {"SLIPWAY_BINARY": str(BINARY)}, check=True, capture_output=True,
                   timeout=PATIENCE * 2)
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(package[0].read_bytes()).digest()


def test_it_answers_where_nothing_of_debian_is(root, tmp_path):
    """The loader, the C library and the certificates are its own; it runs as somebody else, and writes to /tmp alone."""
    for foreign in ("lib", "lib64", "usr", "bin"):
        assert not (root / foreign).exists()
    with sandbox(root, tmp_path, "auth") as running:
        assert running.call("GET", "/api/health")[1]["status"] == "healthy"
        user = {"email": "ada@example.org", "username": "ada", "password": "correct horse battery"}
        assert running.call("POST", "/api/auth/register", user)[0] == 201
        maps = pathlib.Path(f"/proc/{running.process.pid}/maps").read_text()
        files = {line.split()[-1] for line in maps.splitlines() if ".so" in line or "loader" in line}
        assert files and all("/var/task/lib/" in path for path in files)


def test_it_reaches_postgresql_by_its_own_libpq(root, tmp_path):
    with Postgres(tmp_path) as postgres:
        settings = {"DATABASE_URL": postgres.url("tutor_app", postgres.database("tutor")), "JWT_SECRET": "a secret that all of them share, of enough bytes"}
        with Server(UNAMENTIS, tmp_path / "core", DATABASE_OWNER_URL=postgres.url("owner", "tutor"), **settings) as core:
            user = register(core.url)
            with sandbox(root, tmp_path, "auth", **settings) as running:
                status, answer = running.call("POST", "/api/auth/login", {"name": user.name, "password": user.password})
                assert status == 200, json.dumps(answer)


def test_a_mistake_in_its_settings_is_told_to_lambda(root, tmp_path):
    running = sandbox(root, tmp_path, "auth", ENVIRONMENT="prod").start()
    assert running.process.wait(PATIENCE) == 1
    running.end()
    assert "accounts.secret" in running.init_error["errorMessage"]
