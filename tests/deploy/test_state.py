"""The state of a stack in S3, with Terraform's own backend and its lock, on a real S3 server."""

import json
import subprocess
import sys

import pytest
from offline_terraform import PATIENCE, ROOT, environment, program, terraform

sys.path.insert(0, str(ROOT / "tests/end_to_end"))
from engines import Bucket  # noqa: E402  (its folder is known only now)

STACK = """
terraform {
  backend "s3" {
    use_lockfile = true
    encrypt      = true
  }
}

variable "text" {
  type = string
}

resource "terraform_data" "this" {
  input = var.text
}
"""


@pytest.fixture
def states(tmp_path):
    (tmp_path / "bucket").mkdir()
    with Bucket(tmp_path / "bucket", buckets=("states",), region="us-west-2") as bucket:
        yield bucket, tmp_path / "bucket/data/states"


def root(place, bucket):
    """A root whose backend is configured as the README of a stack says, but for the server's address."""
    place.mkdir()
    (place / "main.tf").write_text(STACK)
    (place / "backend.json").write_text(json.dumps({
        "bucket": "states", "key": "shop/dev", "region": "us-west-2", "endpoints": {"s3": bucket.endpoint}, "use_path_style": True,
        "access_key": bucket.environment["AWS_ACCESS_KEY_ID"], "secret_key": bucket.environment["AWS_SECRET_ACCESS_KEY"],
        "skip_credentials_validation": True, "skip_metadata_api_check": True, "skip_requesting_account_id": True, "skip_region_validation": True}))
    terraform(place, "init", "-no-color", "-backend-config=backend.json")
    return place


def test_two_people_share_a_state(states, tmp_path):
    bucket, data = states
    one, two = root(tmp_path / "one", bucket), root(tmp_path / "two", bucket)
    terraform(one, "apply", "-no-color", "-auto-approve", "-var=text=first")
    assert json.loads((data / "shop/dev").read_text())["resources"][0]["name"] == "this"
    assert not (one / "terraform.tfstate").exists() and not list(data.glob("shop/*.tflock"))
    unchanged = terraform(two, "plan", "-no-color", "-detailed-exitcode", "-var=text=first", check=False)
    assert unchanged.returncode == 0, unchanged.stdout
    terraform(two, "apply", "-no-color", "-auto-approve", "-var=text=second")
    assert terraform(one, "plan", "-no-color", "-detailed-exitcode", "-var=text=first", check=False).returncode == 2
    terraform(one, "destroy", "-no-color", "-auto-approve", "-var=text=second")
    assert json.loads((data / "shop/dev").read_text())["resources"] == []


def test_who_comes_second_is_told_that_the_state_is_locked(states, tmp_path):
    bucket, data = states
    one, two = root(tmp_path / "one", bucket), root(tmp_path / "two", bucket)
    terraform(one, "apply", "-no-color", "-auto-approve", "-var=text=first")
    # It holds the lock while it waits for the answer of a person.
    asking = subprocess.Popen([program(), "apply", "-no-color", "-input=true", "-var=text=second"], cwd=one, env=environment(one), text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        said = ""
        while "Enter a value:" not in said:
            letter = asking.stdout.read(1)
            assert letter, said
            said += letter
        holder = json.loads((data / "shop/dev.tflock").read_text())
        refused = terraform(two, "apply", "-no-color", "-auto-approve", "-var=text=third", check=False)
        assert refused.returncode == 1 and "Error acquiring the state lock" in refused.stderr and holder["ID"] in refused.stderr
        rest, _ = asking.communicate("yes\n", timeout=PATIENCE)
        assert asking.returncode == 0, rest
    finally:
        asking.kill()
        asking.wait()
    assert not list(data.glob("shop/*.tflock"))
    terraform(two, "apply", "-no-color", "-auto-approve", "-var=text=third")
    assert json.loads((data / "shop/dev").read_text())["resources"][0]["instances"][0]["attributes"]["output"]["value"] == "third"
