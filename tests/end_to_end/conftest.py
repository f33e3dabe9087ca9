"""Fixtures: one server of apps/wwhd for all tests that leave it as it was, small applications for those that do not."""

import shutil

import pytest

from http_api import register
from programs import BINARY, WWHD, Server

SMALL_DOCUMENTS = ("money/debt-first.md", "meditation/breath-counting.md", "relationships/raising-teenagers.vtt",
                   "relationships/raising-teenagers.vtt.meta.yaml")


def pytest_collection_modifyitems(items):
    if not BINARY.exists():
        raise pytest.UsageError(f"{BINARY} is not built: make build-dev, or name another with SLIPWAY_BINARY")


@pytest.fixture(scope="session")
def wwhd(tmp_path_factory):
    """The whole application with its documents indexed, without any key."""
    with Server(WWHD, tmp_path_factory.mktemp("wwhd") / "data") as server:
        server.wait_for_documents()
        yield server


@pytest.fixture
def user(wwhd):
    return register(wwhd.url)


def copy_small(folder):
    """apps/wwhd with three documents: indexed in a moment, and no one minds when they are deleted."""
    application = folder / "wwhd"
    shutil.copytree(WWHD, application, ignore=shutil.ignore_patterns("docs"))
    for name in SMALL_DOCUMENTS:
        (application / "docs" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(WWHD / "docs" / name, application / "docs" / name)
    return application


def replace_stores(application, **stores):
    """The application with these keys as its section `stores`."""
    manifest = application / "app.yaml"
    lines = manifest.read_text().split("\n")
    begin = lines.index("stores:")
    end = next(number for number in range(begin + 1, len(lines)) if lines[number] and not lines[number].startswith((" ", "#")))
    section = ["stores:"] + [f'  {key}: "{value}"' for key, value in stores.items()] + [""]
    manifest.write_text("\n".join(lines[:begin] + section + lines[end:]))
    return application


@pytest.fixture
def small_application(tmp_path):
    return copy_small(tmp_path)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A server of the small application that the tests of one module share."""
    folder = tmp_path_factory.mktemp("small")
    with Server(copy_small(folder), folder / "data") as server:
        server.wait_for_documents()
        yield server
