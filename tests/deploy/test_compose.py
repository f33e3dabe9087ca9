"""compose.yaml and the files that the documents name, read by the loader that `docker compose` itself uses (compose-go)."""

import pathlib
import re
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/end_to_end"))
from engines import compose_config  # noqa: E402

SECRETS = {"JWT_SECRET": "of-the-test", "APP_PASSWORD": "password-of-the-test"}
INFRASTRUCTURE = {"postgres", "redis", "minio", "buckets"}
APPLICATION = {"migrate", "api", "worker"}
# What the SDKs that Slipway follows read of the environment themselves, and what its command line reads.
READ_ELSEWHERE = {"SLIPWAY_APP", "OWNER_URL", "AWS_ENDPOINT_URL_S3", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
                  "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GROQ_API_KEY", "GOOGLE_API_KEY"}
FILES = {  # file → the application that it is for, the port where that is served
    "compose.yaml": ("wwhd", "8000"),
    "docker-compose.prod.yml": ("postmagiq", "8000"),
    "server/core/docker-compose.yml": ("unamentis", "8766"),
}


@pytest.mark.parametrize("file", FILES)
def test_each_file_starts_its_application_beside_the_engines(file):
    application, port = FILES[file]
    project = compose_config(file, **SECRETS)
    services = project["services"]
    assert project["name"] == f"slipway-{application}", "no two share a volume"
    assert set(services) == INFRASTRUCTURE | APPLICATION
    for name in APPLICATION:
        assert services[name]["environment"]["SLIPWAY_APP"] == f"/apps/{application}"
        assert services[name]["environment"]["PORT"] == port
        assert pathlib.Path(services[name]["build"]["context"]).resolve() == ROOT
    (published,) = services["api"]["ports"]
    assert published["target"] == int(port) and published["published"] == port


def test_infrastructure_alone_has_no_qdrant_and_no_application():
    """R32: what one develops on; Qdrant is there for who asks."""
    project = compose_config("docker/docker-compose.yml")
    assert set(project["services"]) == INFRASTRUCTURE
    assert "include" not in (ROOT / "docker/docker-compose.yml").read_text(), "older docker-compose reads it, too"
    assert set(compose_config("docker/docker-compose.yml", COMPOSE_PROFILES="qdrant")["services"]) == INFRASTRUCTURE | {"qdrant"}


def test_the_application_is_held_as_in_the_cloud():
    services = compose_config("compose.yaml", **SECRETS)["services"]
    for name in APPLICATION:
        service = services[name]
        assert service["read_only"] is True and service["cap_drop"] == ["ALL"] and "no-new-privileges:true" in service["security_opt"]
        assert not service.get("privileged") and "user" not in service, "the image's own"
    for name in ("api", "worker"):
        assert service_seconds(services[name]["stop_grace_period"]) == 120
        assert "OWNER_URL" not in services[name]["environment"], "no server knows the owner of the tables"
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert services["api"]["volumes"] != services["worker"]["volumes"], "a data folder belongs to one process"


def service_seconds(text):
    minutes, seconds = re.fullmatch(r"(?:(\d+)m)?(?:(\d+)s)?", text).groups()
    return int(minutes or 0) * 60 + int(seconds or 0)


def test_images_are_pinned_and_ports_stay_on_this_machine():
    services = compose_config("compose.yaml", COMPOSE_PROFILES="qdrant", **SECRETS)["services"]
    for name, service in services.items():
        if name not in APPLICATION:
            assert re.fullmatch(r"\S+:[\w.-]+@sha256:[0-9a-f]{64}", service["image"]), name
            assert name == "buckets" or "healthcheck" in service, name
        for port in service.get("ports", []):
            assert port["host_ip"] == "127.0.0.1", f"{name} would be open to the network"


def test_every_variable_that_is_given_is_read():
    """What no manifest reads would look configured and be nothing."""
    manifests = "".join(path.read_text() for path in (ROOT / "apps").glob("*/app.yaml"))
    given = {name for service in APPLICATION for name in compose_config("compose.yaml", **SECRETS)["services"][service]["environment"]}
    assert {name for name in given - READ_ELSEWHERE if "${" + name not in manifests} == set()


def test_without_secrets_nothing_starts_and_it_says_how_to_make_one():
    assert "openssl rand" in compose_config("compose.yaml", check=1)
    assert "password" not in (ROOT / "compose.yaml").read_text().split("JWT_SECRET:", 1)[1].split("\n", 1)[0]
