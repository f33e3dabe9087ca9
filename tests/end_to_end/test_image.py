"""The container image without a container engine: the root file system that the Dockerfile copies (scripts/rootfs.sh makes it for both),
mounted read-only, with the program as process 1 of a name space, as a user that no host has."""

import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest

from conftest import copy_small
from engines import Postgres
from http_api import Api, register
from programs import BINARY, PATIENCE, ROOT, WWHD, Lines, clean_environment, event_of, free_port

RELEASE = ROOT / "build/release/slipway"
USER = 65532
OTHERS = ("rikai", "deepscifi", "postmagiq", "unamentis")
SECRET = "qW7e-zX4c-Rt6y-Vb3n-Um9k-Lp2j-Hd5s"
# What an engine gives a container beside its image: writable is the volume alone; /tmp is of memory.
ENTER = """
set -e
mount --bind "$ROOT" "$ROOT"
mount --bind "$DATA_FOLDER" "$ROOT/data"
mount -t tmpfs -o mode=1777 tmpfs "$ROOT/tmp"
mount -t proc proc "$ROOT/proc"
mount -t tmpfs -o mode=755 tmpfs "$ROOT/dev"
for device in null zero urandom random; do touch "$ROOT/dev/$device"; mount --bind "/dev/$device" "$ROOT/dev/$device"; done
mount -o remount,bind,ro "$ROOT"
exec chroot --userspec="$USER_ID:$USER_ID" "$ROOT" /usr/bin/slipway "$@"
"""


@pytest.fixture(scope="module")
def application(tmp_path_factory):
    """Three documents, and a PDF for what reads PDFs."""
    application = copy_small(tmp_path_factory.mktemp("applications"))
    (application / "docs/business").mkdir()
    for name in ("first-employee.pdf", "first-employee.pdf.meta.yaml"):
        shutil.copy(WWHD / "docs/business" / name, application / "docs/business" / name)
    for name in OTHERS:
        shutil.copytree(ROOT / "apps" / name, application.parent / name)
    (application / ".env").write_text("JWT_SECRET=of-a-developer\n")
    (application / "data").mkdir()
    return application


def stage(folder, *options):
    done = subprocess.run([ROOT / "scripts/rootfs.sh", *options, folder], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def rootfs(application, tmp_path_factory):
    folder = tmp_path_factory.mktemp("image") / "rootfs"
    stage(folder, "--binary", BINARY, "--apps", application.parent)
    return folder


def needs_name_spaces():
    if os.geteuid() == 0:
        probe = subprocess.run(["/usr/bin/unshare", "--mount", "--pid", "--fork", "true"], check=False, stderr=subprocess.DEVNULL)
        if probe.returncode == 0:
            return
    if os.environ.get("SLIPWAY_ENGINES") == "required":
        pytest.fail("only root with name spaces can start the image's root file system")
    pytest.skip("needs root and name spaces")


def dockerfile():
    """Instruction → its arguments, of the last stage."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    last = text[text.rindex("\nFROM "):]
    return {line.split()[0]: line.split(None, 1)[1] for line in last.splitlines() if line and not line.startswith("#")}


class Container:
    """The image with its defaults and one volume, on a free port."""

    def __init__(self, rootfs, volume, *arguments, **environment):
        needs_name_spaces()
        volume.mkdir(exist_ok=True)
        os.chown(volume, USER, USER)
        self.port = free_port()
        variables = dict(part.split("=", 1) for part in dockerfile()["ENV"].replace("${APP}", "wwhd").split())
        self.environment = clean_environment(**variables, PORT=self.port, LETTA_SERVER_PORT=self.port) | environment | {"PATH": os.environ["PATH"]}
        self._outside = {"ROOT": str(rootfs), "DATA_FOLDER": str(volume), "USER_ID": str(USER)}
        self._arguments = arguments or ("serve",)

    def _command(self, *arguments):
        return ["/usr/bin/unshare", "--mount", "--pid", "--fork", "--kill-child", "/bin/bash", "-c", ENTER, "image", *arguments]

    def run(self, *arguments):
        return subprocess.run(self._command(*arguments), env=self.environment | self._outside, capture_output=True, text=True,
                              timeout=PATIENCE, check=False)

    def __enter__(self):
        self.process = subprocess.Popen(self._command(*self._arguments), env=self.environment | self._outside,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.log = Lines(self.process.stderr)
        self.log.wait_for(event_of("serving"))
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    def first_process(self):
        return int(pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()[0])

    def __exit__(self, *_):
        try:
            os.kill(self.first_process(), signal.SIGTERM)
            assert self.process.wait(PATIENCE) == 0
        finally:
            self.process.kill()
            self.process.wait(PATIENCE)


def ask(user):
    message = user.post("/api/chats/new/messages", {"content": "Which debt should I pay off first?"}).json
    assert message["status"] == "complete" and message["sources"], message


def test_it_answers_as_nobody_on_a_root_that_is_read_only(rootfs, tmp_path):
    with Container(rootfs, tmp_path / "data", JWT_SECRET=SECRET) as container:
        assert Api(container.url).get("/health").json["status"] == "healthy"
        status = pathlib.Path(f"/proc/{container.first_process()}/status").read_text()
        assert re.search(rf"^Uid:\t{USER}\t{USER}", status, re.M) and re.search(r"^CapEff:\t0+$", status, re.M)
        mounts = pathlib.Path(f"/proc/{container.first_process()}/mountinfo").read_text()
        assert re.search(r" / ro[, ]", mounts)
        synced = container.log.wait_for(event_of("documents up to date"))
        assert (synced["added"], synced["failed"]) == (4, 0), "the PDF was read, too"
        ask(register(container.url))
        assert container.run("health").returncode == 0
    assert container.run("health").returncode == 1


@pytest.mark.parametrize("name", OTHERS)
def test_every_application_is_in_it(name, rootfs, tmp_path):
    with Container(rootfs, tmp_path / "data", JWT_SECRET=SECRET, SLIPWAY_APP=f"/apps/{name}") as container:
        assert container.run("health").returncode == 0


def test_without_a_secret_it_refuses_to_be_open(rootfs, tmp_path):
    """The image listens on the container's address, so what is refused in production is refused here, too."""
    refused = Container(rootfs, tmp_path / "data").run("serve")
    assert refused.returncode == 1 and "accounts.secret" in refused.stderr


def test_postgresql_is_reached_with_the_image_s_own_client(rootfs, tmp_path):
    place = tmp_path / "postgres"
    place.mkdir()
    with Postgres(place, "16") as postgres:
        database = postgres.database("image")
        urls = {"DATABASE_URL": postgres.url("wwhd", database), "OWNER": postgres.url("owner", database)}
        container = Container(rootfs, tmp_path / "data", JWT_SECRET=SECRET, **urls)
        migrated = container.run("migrate", "--owner-from", "OWNER")
        assert migrated.returncode == 0, migrated.stderr
        with container:
            container.log.wait_for(event_of("documents up to date"))
            ask(register(container.url))


def test_nothing_is_inside_that_has_no_business_there(rootfs):
    files = {path.relative_to(rootfs).as_posix(): path.lstat() for path in rootfs.rglob("*")}
    programs = {name for name in files if name.startswith("usr/bin/")}
    assert programs == {"usr/bin/slipway", "usr/bin/pdftotext"}, "no shell, no package manager"
    for name, state in files.items():
        assert not state.st_mode & 0o6000, f"{name} has the rights of another user"
        if not pathlib.Path(rootfs / name).is_symlink() and name != "tmp":
            assert not state.st_mode & 0o022, f"{name} can be changed by others"
    assert not [name for name in files if pathlib.Path(name).name in (".env", "database.sqlite") or name.endswith((".pem.key", ".secret"))]
    assert "apps/wwhd/data" not in files
    assert (files["data"].st_uid, files["data"].st_gid) == (USER, USER) or os.geteuid() != 0


def test_scanners_find_every_package(rootfs):
    """Each library says which package of Debian it is of, those linked into the program too."""
    records = {path.name: path.read_text() for path in (rootfs / "var/lib/dpkg/status.d").iterdir()}
    for name in ("libc6", "libpq5", "poppler-utils", "libssl-dev", "libsodium-dev", "libsqlite3-dev", "libboost-json1.81-dev"):
        assert re.search(r"^Version: \S+$", records[name], re.M), name
        assert (rootfs / f"usr/share/doc/{name}/copyright").exists(), name
    libraries = [path.name for path in (rootfs / "usr/lib").rglob("*.so*") if not path.is_symlink()]
    assert len(libraries) > 20 and len(records) > 40


def test_the_same_files_give_the_same_image(application, rootfs, tmp_path):
    stage(tmp_path / "again", "--binary", BINARY, "--apps", application.parent)
    compared = subprocess.run(["diff", "-r", "--no-dereference", rootfs, tmp_path / "again"], capture_output=True, text=True, check=False,
                              timeout=PATIENCE)
    assert compared.returncode == 0, compared.stdout


def test_the_dockerfile_is_what_was_tested():
    text = (ROOT / "Dockerfile").read_text()
    instructions = dockerfile()
    bases = re.findall(r"^FROM (\S+)", text, re.M)
    assert all(re.fullmatch(r"scratch|\S+@sha256:[0-9a-f]{64}", base) for base in bases) and bases[-1] == "scratch"
    assert "scripts/rootfs.sh /rootfs" in text and "COPY --from=build /rootfs /" in text
    assert instructions["USER"] == f"{USER}:{USER}" and instructions["HEALTHCHECK"].endswith('["/usr/bin/slipway", "health"]')
    assert instructions["ENTRYPOINT"] == '["/usr/bin/slipway"]' and instructions["CMD"] == '["serve"]'
    for other in ("Dockerfile.prod", "server/core/Dockerfile"):
        assert (ROOT / other).resolve() == ROOT / "Dockerfile"
    assert not re.search(r"amd64|x86_64|aarch64|arm64", text[text.index("\nFROM "):]), "one file for every platform"


def test_the_size_is_what_is_said(tmp_path):
    """docs/deploy.md tells the size of the image; it may not grow unnoticed."""
    if not RELEASE.exists():
        pytest.skip("build/release/slipway is not built")
    told = stage(tmp_path / "rootfs", "--binary", RELEASE)
    megabytes = int(re.search(r": (\d+) MB", told)[1])
    said = int(re.search(r"image is (\d+) MB", (ROOT / "docs/deploy.md").read_text())[1])
    print(told)
    assert abs(megabytes - said) <= 5, told
