"""`slipway deploy ecs` against the simulator of ECS (tests/engines/ecs_simulator.py), one release of tests/deploy/releases.toml at a time.

Every request and every answer is held against botocore's models by the simulator; what does not fit would end a release otherwise than the
table says.
"""

import json
import re
import subprocess
import tomllib

import pytest

from engines import _Engine, folder
from http_api import Api
from programs import BINARY, ROOT, clean_environment, run_cli

RELEASES = tomllib.loads((ROOT / "tests/deploy/releases.toml").read_text())
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/app@sha256:" + "b" * 64


class Simulator(_Engine):
    def __init__(self, place):
        super().__init__()
        self.start(["/usr/bin/python3", ROOT / "tests/engines/ecs_simulator.py", self.port], place,
                   {"PYTHONPATH": str(folder("moto")), "PYTHONDONTWRITEBYTECODE": "1"})
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.environment = {"AWS_ENDPOINT_URL": self.endpoint, "AWS_REGION": "us-east-1",
                            "AWS_CONTAINER_CREDENTIALS_FULL_URI": self.endpoint + "/credentials"}

    def play(self, **release):
        Api(self.endpoint).put("/release", release)

    def calls(self):
        return Api(self.endpoint).get("/calls").json


@pytest.fixture(scope="module")
def simulator(tmp_path_factory):
    with Simulator(tmp_path_factory.mktemp("simulator")) as running:
        running.play()
        yield running


def deploy(simulator, place, *arguments, image=IMAGE, service="api"):
    done = run_cli("deploy", "ecs", "--cluster", "cluster", "--service", service, "--image", image, "--poll", "0s", "--json", *arguments,
                   folder=place, check=None, environment=simulator.environment)
    return done, json.loads(done.stdout) if done.stdout else {}


@pytest.mark.parametrize("name", RELEASES)
def test_release_ends_with_its_true_verdict(name, simulator, tmp_path):
    release = RELEASES[name]
    expected = release["expect"]
    simulator.play(**release)
    verifying = ["--verify", simulator.endpoint, "--only", "health"] if release.get("verify") else []
    done, verdict = deploy(simulator, tmp_path, *release.get("arguments", []), *verifying)
    everything = done.stdout + done.stderr
    assert (verdict.get("outcome"), done.returncode) == (expected["outcome"], expected["exit"]), everything
    assert verdict["exit_code"] == done.returncode and "SimulatorFault" not in everything
    told = json.dumps(verdict, ensure_ascii=False)
    for part in expected.get("says", []):
        assert part in told or part in done.stderr, f"{part!r} is not said in\n{everything}"
    for part in expected.get("tells", []):
        assert part in done.stderr, everything
    assert f"--{expected.get('uncalled', 'nothing')}" not in done.stderr
    for secret in expected.get("hides", []):
        assert secret not in everything
    if expected.get("spot"):
        assert verdict["spot_interruptions"] > 0, everything
    assert ("ecs:UpdateService" not in simulator.calls()) == expected.get("unchanged", False), everything


def test_a_release_whose_time_was_over_is_taken_up(simulator, tmp_path):
    simulator.play(**RELEASES["time-is-over"])
    done, verdict = deploy(simulator, tmp_path, "--timeout", "120s")
    assert (done.returncode, verdict["outcome"]) == (5, "unknown") and "The same command takes up watching" in verdict["reason"]
    done, again = deploy(simulator, tmp_path, "--timeout", "3000s")
    assert (done.returncode, again["outcome"]) == (0, "serving"), done.stderr
    assert "taking up" in done.stderr and (again["revision"], again["before"]) == (verdict["revision"], verdict["before"])
    assert [simulator.calls().count(f"ecs:{one}") for one in ("UpdateService", "RegisterTaskDefinition")] == [1, 1]


def test_what_was_taken_up_leads_back_as_well(simulator, tmp_path):
    """Red after all: the release before serves again, which the second run never saw serving."""
    simulator.play(**RELEASES["time-is-over"])
    deploy(simulator, tmp_path, "--timeout", "120s")
    done, verdict = deploy(simulator, tmp_path, "--timeout", "3000s", "--verify", "http://127.0.0.1:9", "--only", "health")
    assert (done.returncode, verdict["outcome"]) == (3, "rolled_back"), done.stderr
    assert f"{verdict['before']} serves again" in verdict["reason"]


def test_another_image_is_not_taken_up(simulator, tmp_path):
    simulator.play(**RELEASES["time-is-over"])
    deploy(simulator, tmp_path, "--timeout", "120s")
    done, verdict = deploy(simulator, tmp_path, image=IMAGE.replace("b" * 64, "c" * 64))
    assert (done.returncode, verdict["outcome"]) == (1, "refused") and "under way" in verdict["reason"]


def test_a_tag_is_no_image_to_deploy(simulator, tmp_path):
    for image in ("app:latest", "app", "app@sha256:abc", "@sha256:" + "b" * 64):
        done, _ = deploy(simulator, tmp_path, image=image)
        assert done.returncode == 2 and "sha256" in done.stderr


def test_dry_run_changes_nothing_and_says_what_would_be_done(simulator, tmp_path):
    simulator.play()
    done, verdict = deploy(simulator, tmp_path, "--dry-run", "--migrate")
    assert (done.returncode, verdict["outcome"]) == (0, "planned")
    assert "sha256:aaaa" in done.stderr and "becomes " + IMAGE in done.stderr and "migrate /app" in done.stderr
    assert set(simulator.calls()) == {"ecs:DescribeServices", "ecs:DescribeTaskDefinition", "ecr:BatchGetImage"}


def test_a_service_that_is_not_there_is_named(simulator, tmp_path):
    simulator.play()
    done, verdict = deploy(simulator, tmp_path, service="web")
    assert (done.returncode, verdict["outcome"]) == (1, "refused")
    assert "no active service web in the cluster cluster" in verdict["reason"]


def test_sidecars_keep_their_image(simulator, tmp_path):
    sidecar = {"name": "vectors", "image": "qdrant/qdrant:v1.15.0", "essential": True}
    simulator.play(sidecars=[sidecar])
    done, verdict = deploy(simulator, tmp_path)
    assert (done.returncode, verdict["outcome"]) == (0, "serving"), done.stderr
    simulator.play(sidecars=[sidecar])
    elsewhere = "registry.example/other@sha256:" + "b" * 64
    done, verdict = deploy(simulator, tmp_path, image=elsewhere)
    assert done.returncode == 1 and "--container" in verdict["reason"] and "app, vectors" in verdict["reason"]


def test_the_simulator_holds_requests_against_the_models_of_aws(simulator):
    """So a request with a name that AWS does not know would not pass unseen."""
    simulator.play()
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AmazonEC2ContainerServiceV20141113.ListTasks",
               "Authorization": "AWS4-HMAC-SHA256 Credential=KEY/20261201/us-east-1/ecs/aws4_request"}
    api = Api(simulator.endpoint)
    assert api.post("/", json.dumps({"cluster": "cluster"}), 200, headers=headers).json["taskArns"]
    refused = api.post("/", json.dumps({"clusters": "cluster"}), 400, headers=headers).json
    assert refused["__type"] == "ClientException" and "clusters" in refused["message"]
    unsigned = api.post("/", json.dumps({}), 403, headers={name: headers[name] for name in ("Content-Type", "X-Amz-Target")}).json
    assert unsigned["__type"] == "MissingAuthenticationToken"


def test_the_same_release_is_played_the_same_way_twice(simulator, tmp_path):
    seen = []
    for _ in range(2):
        simulator.play(**RELEASES["crashes-at-start"])
        _, verdict = deploy(simulator, tmp_path)
        seen.append((verdict, simulator.calls()))
    assert seen[0] == seen[1]


def test_the_role_that_deploys_may_do_what_a_release_calls(simulator, tmp_path):
    """Calls of releases that go every way, against the role of infra/terraform/modules/github-oidc."""
    allowed = set(re.findall(r'"([a-z]+:[A-Z][A-Za-z]+)"', (ROOT / "infra/terraform/modules/github-oidc/deploy.tf").read_text()))
    called = set()
    for name in ("migrated-before", "crashes-at-start", "wrong-digest", "migration-takes-for-ever"):
        simulator.play(**RELEASES[name])
        deploy(simulator, tmp_path, *RELEASES[name].get("arguments", []))
        called |= set(simulator.calls())
    assert {"ecs:RunTask", "ecs:StopTask", "logs:GetLogEvents", "ecr:BatchGetImage", "elasticloadbalancing:DescribeTargetHealth"} <= called
    assert called <= allowed, called - allowed


@pytest.mark.parametrize("name", ["good", "image-not-in-repository"])
def test_the_deployment_script_ends_as_its_release_does(name, simulator):
    """scripts/deploy-backend.sh, as the workflow calls it: the program itself, and its exit code."""
    simulator.play(**RELEASES[name])
    environment = clean_environment(**simulator.environment) | {"SLIPWAY": str(BINARY), "PATH": "/usr/bin:/bin"}
    done = subprocess.run([ROOT / "scripts/deploy-backend.sh", "wwhd", "dev", "--image", IMAGE, "--cluster", "cluster", "--services", "api", "--no-migrate"],
                          env=environment, capture_output=True, text=True, check=False, timeout=240)
    expected = RELEASES[name]["expect"]
    assert done.returncode == expected["exit"], done.stdout + done.stderr
    assert ("wwhd dev runs " + IMAGE in done.stdout) == (expected["exit"] == 0)
