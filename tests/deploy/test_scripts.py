"""scripts/deploy-backend.sh and deploy-frontend.sh, with the AWS command line against moto. A stand-in for docker puts the image into ECR
as a push does; one for slipway notes what it was asked (its verdict has tests of its own)."""

import hashlib
import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/end_to_end"))
from engines import Moto, folder  # noqa: E402

BACKEND, FRONTEND = ROOT / "scripts/deploy-backend.sh", ROOT / "scripts/deploy-frontend.sh"
BUCKET, REGION = "deepscifi-frontend", "us-west-2"
PAGES = {"index.html": "<script src=_next/static/app-1a2b3c4d5e.js></script>", "worlds/index.html": "worlds",
         "_next/static/app-1a2b3c4d5e.js": "1", "robots.txt": "User-agent: *"}
AWS = """#!/bin/sh
echo "aws $*" >> "$CALLS"
PYTHONPATH={engine} PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 {engine}/bin/aws "$@"
"""
DOCKER = """#!/bin/bash
[ "$1" != login ] || cat >/dev/null
echo "docker $*" >> "$CALLS"
[ "$1 $2" = "buildx build" ] || exit 0
[ -z "$BUILD_FAILS" ] || exit 1
while [ "$1" != --tag ]; do shift; done
name=${{2#*/}}
manifest='{{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": {{"digest": "sha256:{zeros}"}}, "layers": []}}'
aws ecr put-image --repository-name "${{name%:*}}" --image-tag "${{name##*:}}" --image-manifest "$manifest" >/dev/null
"""
SLIPWAY = """#!/bin/sh
echo "slipway $*" >> "$CALLS"
exit "${VERDICT:-0}"
"""


@pytest.fixture(scope="module")
def moto(tmp_path_factory):
    with Moto(tmp_path_factory.mktemp("moto")) as server:
        yield server


class Desk:
    """Somebody's machine: the programs of the deployment, and what was asked of them."""

    def __init__(self, place, moto):
        self.place, self.calls_file = place, place / "calls"
        (place / "bin").mkdir()
        engine = folder("awscli")
        for name, text in (("aws", AWS.format(engine=engine)), ("docker", DOCKER.format(zeros="0" * 64)), ("slipway", SLIPWAY)):
            (place / "bin" / name).write_text(text)
            (place / "bin" / name).chmod(0o755)
        self.environment = moto.environment | {
            "PATH": f"{place}/bin:/usr/bin:/bin", "HOME": str(place), "CALLS": str(self.calls_file), "AWS_ENDPOINT_URL": moto.endpoint,
            "AWS_DEFAULT_REGION": REGION, "SLIPWAY": str(place / "bin/slipway"), "AWS_PAGER": ""}

    def run(self, script, *arguments, check=0, **environment):
        self.calls_file.write_text("")
        done = subprocess.run([script, *map(str, arguments)], env=self.environment | environment, capture_output=True, text=True, timeout=240,
                              check=False)
        assert done.returncode == check, done.stdout + done.stderr
        return done

    def aws(self, *arguments):
        done = subprocess.run([self.place / "bin/aws", *arguments, "--output", "json"], env=self.environment, capture_output=True, text=True,
                              check=True, timeout=60)
        return json.loads(done.stdout or "null")

    def calls(self, program):
        return [line.split(" ", 1)[1] for line in self.calls_file.read_text().splitlines() if line.startswith(program + " ")]

    def outputs(self, **values):
        file = self.place / "outputs.json"
        file.write_text(json.dumps({name: {"value": value} for name, value in values.items()}))
        return file


@pytest.fixture
def desk(moto, tmp_path):
    return Desk(tmp_path, moto)


# The back end -----------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def stack(desk, request):
    name = "deepscifi-" + hashlib.sha1(request.node.name.encode()).hexdigest()[:8]
    repository = desk.aws("ecr", "create-repository", "--repository-name", name)["repository"]["repositoryUri"]
    arn = f"arn:aws:ecs:{REGION}:123456789012:service/deepscifi-dev"
    return desk.outputs(repository_url=repository, cluster="deepscifi-dev", service_arns={"api": f"{arn}/api", "letta": f"{arn}/letta"},
                        migration={"task_definition": "deepscifi-dev-migrate"}, urls={"api": "https://api.example.org"}), repository


def test_a_build_is_pushed_once_and_rolled_out_by_digest(desk, stack):
    """D66: build, push to ECR, roll the services, test. The second run finds the image and builds nothing."""
    outputs, repository = stack
    for run in range(2):
        done = desk.run(BACKEND, "deepscifi", "dev", "--outputs", outputs, "--tag", "c0ffee")
        builds = [call for call in desk.calls("docker") if call.startswith("buildx build")]
        assert len(builds) == (1 if run == 0 else 0)
        digest = desk.aws("ecr", "describe-images", "--repository-name", repository.split("/")[1])["imageDetails"][0]["imageDigest"]
        assert done.stdout == f"deepscifi dev runs {repository}@{digest}\n"
        first, last = [call.split() for call in desk.calls("slipway")]
        for call, service in ((first, "api"), (last, "letta")):
            assert call[:2] == ["deploy", "ecs"] and call[call.index("--service") + 1] == service
            assert call[call.index("--image") + 1] == f"{repository}@{digest}" and call[call.index("--cluster") + 1] == "deepscifi-dev"
            assert call[call.index("--region") + 1] == REGION
        assert first[-3:] == ["--migrate", "--migration-family", "deepscifi-dev-migrate"] and "--migrate" not in last
        assert last[-4:] == ["--verify", "https://api.example.org", "--app", "apps/deepscifi"] and "--verify" not in first


def test_the_first_image_is_pushed_before_there_are_tasks(desk, stack):
    """What it prints goes into `terraform apply -var image=…`."""
    outputs, repository = stack
    said = desk.run(BACKEND, "deepscifi", "dev", "--outputs", outputs, "--tag", "c0ffee", "--push-only").stdout.strip()
    digest = desk.aws("ecr", "describe-images", "--repository-name", repository.split("/")[1])["imageDetails"][0]["imageDigest"]
    assert said == f"{repository}@{digest}" and not desk.calls("slipway")


def test_a_rehearsal_changes_nothing(desk, stack):
    outputs, repository = stack
    done = desk.run(BACKEND, "deepscifi", "dev", "--outputs", outputs, "--tag", "c0ffee", "--dry-run")
    assert "(rehearsed)" in done.stdout and "buildx" in done.stderr and "deploy" in done.stderr
    assert not desk.calls("docker") and not desk.calls("slipway")
    assert desk.aws("ecr", "describe-images", "--repository-name", repository.split("/")[1])["imageDetails"] == []


def test_a_bad_verdict_is_the_exit_code_and_ends_it(desk, stack):
    done = desk.run(BACKEND, "deepscifi", "dev", "--outputs", stack[0], "--tag", "c0ffee", check=3, VERDICT="3")
    assert len(desk.calls("slipway")) == 1 and "does not run" in done.stderr and done.stdout == ""


def test_a_build_that_fails_deploys_nothing(desk, stack):
    desk.run(BACKEND, "deepscifi", "dev", "--outputs", stack[0], "--tag", "c0ffee", check=1, BUILD_FAILS="yes")
    assert not desk.calls("slipway")


def test_an_earlier_image_is_taken_by_its_digest(desk, stack):
    image = f"{stack[1]}@sha256:{'a' * 64}"
    desk.run(BACKEND, "deepscifi", "dev", "--outputs", stack[0], "--image", image, "--no-migrate")
    assert not desk.calls("docker") and all(image in call and "--migrate" not in call for call in desk.calls("slipway"))


@pytest.mark.parametrize("arguments, sentence", [
    (("deepscifi",), "environment"), (("nothing", "dev"), "apps/nothing"), (("deepscifi", "test"), "dev and prod"),
    (("deepscifi", "dev", "--wrong", "x"), "--wrong"), (("deepscifi", "dev", "--tag"), "value")])
def test_wrong_use_is_said(desk, arguments, sentence):
    done = desk.run(BACKEND, *arguments, check=2)
    assert sentence in done.stderr and "usage:" in done.stderr


@pytest.mark.parametrize("script", [BACKEND, FRONTEND])
def test_help_explains(desk, script):
    assert "--dry-run" in desk.run(script, "--help").stdout


def test_an_image_without_a_digest_is_refused(desk, stack):
    assert "by digest" in desk.run(BACKEND, "deepscifi", "dev", "--outputs", stack[0], "--image", f"{stack[1]}:latest", check=1).stderr


# The front end ----------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def site(desk, request):
    bucket = f"{BUCKET}-{hashlib.sha1(request.node.name.encode()).hexdigest()[:8]}"
    desk.aws("s3api", "create-bucket", "--bucket", bucket, "--create-bucket-configuration", f"LocationConstraint={REGION}")
    config = {"CallerReference": bucket, "Comment": "", "Enabled": True,
              "Origins": {"Quantity": 1, "Items": [{"Id": "pages", "DomainName": f"{bucket}.s3.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}]},
              "DefaultCacheBehavior": {"TargetOriginId": "pages", "ViewerProtocolPolicy": "redirect-to-https", "MinTTL": 0,
                                       "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}}}}
    distribution = desk.aws("cloudfront", "create-distribution", "--distribution-config", json.dumps(config))["Distribution"]["Id"]
    build = desk.place / "out"
    for name, text in PAGES.items():
        (build / name).parent.mkdir(parents=True, exist_ok=True)
        (build / name).write_text(text)
    outputs = desk.outputs(buckets={"frontend": bucket}, distribution_ids={"site": distribution, "assets": "other"},
                           frontend_environment={"NEXT_PUBLIC_API_URL": "https://api.example.org"})
    return bucket, distribution, build, ("deepscifi", "dev", "--outputs", outputs, "--build", build)


def keys(desk, bucket):
    return sorted(entry["Key"] for entry in desk.aws("s3api", "list-objects-v2", "--bucket", bucket).get("Contents", []))


def invalidations(desk, distribution):
    listed = desk.aws("cloudfront", "list-invalidations", "--distribution-id", distribution) or {}
    return len(listed.get("InvalidationList", {}).get("Items", []))


def test_pages_are_uploaded_last_and_the_edge_is_refreshed(desk, site):
    """D67: the static build to S3, CloudFront refreshed; done again, nothing changes."""
    bucket, distribution, _, arguments = site
    desk.run(FRONTEND, *arguments)
    uploads = [call.split("--key ")[1].split()[0] for call in desk.calls("aws") if "put-object" in call]
    assert sorted(uploads) == sorted(PAGES) and [name.endswith(".html") for name in uploads] == [False, False, True, True]
    assert keys(desk, bucket) == sorted(PAGES) and invalidations(desk, distribution) == 1
    head = desk.aws("s3api", "head-object", "--bucket", bucket, "--key", "_next/static/app-1a2b3c4d5e.js")
    assert "immutable" in head["CacheControl"] and head["ContentType"].startswith("text/javascript")
    assert "must-revalidate" in desk.aws("s3api", "head-object", "--bucket", bucket, "--key", "index.html")["CacheControl"]
    done = desk.run(FRONTEND, *arguments)
    assert "0 of 4" in done.stdout and not [call for call in desk.calls("aws") if "put-object" in call or "create-invalidation" in call]


def test_what_is_gone_stays_until_it_is_asked_for(desk, site):
    bucket, distribution, build, arguments = site
    desk.run(FRONTEND, *arguments)
    (build / "_next/static/app-1a2b3c4d5e.js").rename(build / "_next/static/app-9f8e7d6c5b.js")
    (build / "index.html").write_text("<script src=_next/static/app-9f8e7d6c5b.js></script>")
    assert "2 of 4" in desk.run(FRONTEND, *arguments).stdout
    assert "_next/static/app-1a2b3c4d5e.js" in keys(desk, bucket), "a page that somebody has open names it"
    desk.run(FRONTEND, *arguments, "--prune")
    assert keys(desk, bucket) == sorted(set(PAGES) - {"_next/static/app-1a2b3c4d5e.js"} | {"_next/static/app-9f8e7d6c5b.js"})


def test_the_build_gets_the_variables_of_the_stack(desk, site):
    build = site[2]
    command = f"mkdir -p {build} && echo $NEXT_PUBLIC_API_URL > {build}/index.html"
    desk.run(FRONTEND, *site[3], "--run", command)
    assert (build / "index.html").read_text() == "https://api.example.org\n"
    desk.run(FRONTEND, *site[3], "--run", "exit 3", check=1)


def test_a_rehearsal_of_the_front_end_changes_nothing(desk, site):
    bucket, distribution, _, arguments = site
    assert "4 of 4" in desk.run(FRONTEND, *arguments, "--dry-run").stdout
    assert keys(desk, bucket) == [] and invalidations(desk, distribution) == 0


def test_what_is_missing_is_said(desk, site):
    (site[2] / "index.html").unlink()
    assert "no index.html" in desk.run(FRONTEND, *site[3], check=1).stderr
    assert "--build" in desk.run(FRONTEND, "deepscifi", "dev", check=2).stderr
    (site[2] / "index.html").write_text("again")
    assert "cannot be listed" in desk.run(FRONTEND, "deepscifi", "dev", "--bucket", "not-there", "--build", site[2], check=1).stderr


def test_shellcheck_has_nothing_to_say():
    program = folder("shellcheck") / "usr/bin/shellcheck"
    scripts = [BACKEND, FRONTEND, ROOT / "scripts/rootfs.sh"]
    done = subprocess.run([program, *scripts], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout
    assert all(os.access(script, os.X_OK) for script in scripts)
