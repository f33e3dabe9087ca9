"""Real Terraform with the real AWS provider, without account and network: copies of the tree, plans that are made once, and their resources."""

import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TREE = ROOT / "infra/terraform"
PATIENCE = 300  # seconds that one call of Terraform may take; a plan takes 5 to 10 on a machine at rest
PROVIDER = "*/hashicorp/aws"  # in a folder of providers: by the host that they are from
ACCOUNT = "123456789012"

# What an apply would ask AWS for before it plans. Merged over the stack's own blocks in a copy, never part of a stack.
WITHOUT_ACCOUNT = """
provider "aws" {%(alias)s
  access_key                  = "offline"
  secret_key                  = "offline"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}
"""
LOCAL_STATE = 'terraform {\n  backend "local" {}\n}\n'


def missing(what):
    if os.environ.get("SLIPWAY_ENGINES") == "required":
        pytest.fail(what)
    pytest.skip(what)


def program():
    found = shutil.which("terraform")
    if found is None:
        missing("Terraform is not installed: developer.hashicorp.com/terraform/install")
    return found


def plugins():
    """The folder with the AWS provider: SLIPWAY_TERRAFORM_PLUGINS, or where Terraform and packages keep plug-ins."""
    home = pathlib.Path.home()
    places = [pathlib.Path(os.environ["SLIPWAY_TERRAFORM_PLUGINS"])] if "SLIPWAY_TERRAFORM_PLUGINS" in os.environ else [
        *sorted(pathlib.Path("/opt").glob("*")), home / ".terraform.d/plugins", home / ".local/share/terraform/plugins",
        pathlib.Path("/usr/local/share/terraform/plugins"), pathlib.Path("/usr/share/terraform/plugins")]
    for place in places:
        if any(place.glob(PROVIDER)):
            return place
    missing("the provider hashicorp/aws is in no plug-in folder: `terraform providers mirror FOLDER`, then SLIPWAY_TERRAFORM_PLUGINS=FOLDER")


def environment(folder):
    """Nothing of the developer's own: no credentials, no configuration, no network that a provider might ask."""
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1",
            "TF_CLI_CONFIG_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}


def schema_provider():
    """`slipway terraform`, which brings a provider of its own."""
    program()
    binary = pathlib.Path(os.environ.get("SLIPWAY_BINARY", ROOT / "build/dev/slipway"))
    if not binary.exists():
        missing(f"{binary} is not built: make test-deploy")
    return [str(binary), "terraform"]


def terraform(folder, *arguments, check=True, by=None):
    """One call in `folder`; its answer with stdout and stderr. Fails the test with what Terraform said. `by`: what runs it."""
    done = subprocess.run([*(by or [program()]), *arguments], cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=PATIENCE)
    if check and done.returncode != 0:
        pytest.fail(f"terraform {' '.join(arguments)} in {pathlib.Path(folder).name}:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    return done


def init(folder):
    terraform(folder, "init", "-no-color", f"-plugin-dir={plugins()}")


def copy_tree(place):
    """The modules and stacks in `place`, beside the applications whose values the stacks link to."""
    shutil.copytree(TREE, place / "infra/terraform", symlinks=True, ignore=shutil.ignore_patterns(".terraform*"))
    for deploy in ROOT.glob("apps/*/deploy"):
        shutil.copytree(deploy, place / "apps" / deploy.parent.name / "deploy")
    return place / "infra/terraform"


def without_account(folder):
    """Makes a copied stack plan without an account: a local state, and providers that ask nobody."""
    text = "".join(one.read_text() for one in folder.glob("*.tf"))
    override = LOCAL_STATE if 'backend "' in text else ""
    override += WITHOUT_ACCOUNT % {"alias": ""}
    if "us_east_1" in text:
        override += WITHOUT_ACCOUNT % {"alias": '\n  alias                       = "us_east_1"'}
    (folder / "offline_override.tf").write_text(override)


def stand_alone(folder):
    """A copied module that takes a second provider from its caller cannot be validated by itself: it gets one here, without its tests, which give
    it one too. Whether that was needed, so that the module has to be initialised again."""
    needed = "configuration_aliases" in (folder / "versions.tf").read_text()
    if needed:
        shutil.rmtree(folder / "tests")
        (folder / "offline_override.tf").write_text(
            'terraform {\n  required_providers {\n    aws = {\n      source  = "hashicorp/aws"\n      version = ">= 5.100, < 7"\n    }\n  }\n}\n')
        (folder / "offline_provider.tf").write_text('provider "aws" {\n  alias = "us_east_1"\n}\n')
    return needed


MODULES = sorted(one.parent.name for one in TREE.glob("modules/*/versions.tf"))
STACKS = sorted(one.parent.name for one in TREE.glob("stacks/*/versions.tf"))
APPLICATIONS = [name for name in STACKS if name != "bootstrap"]

# `full` is prod with everything that is optional switched on; `bare` is dev before its first image and without a domain.
ENVIRONMENTS = {
    "dev": ["environments/dev.tfvars"],
    "economy": ["environments/dev.tfvars", "environments/economy.tfvars"],
    "prod": ["environments/prod.tfvars"],
    "full": ["environments/prod.tfvars", "full.tfvars"],
}
BARE = ("image", "domain")
# Known in every other plan, so that it shows policies, containers and counts as they will be.
KNOWN = {"account_id": ACCOUNT, "image": f"slipway@sha256:{'1' * 64}"}


@contextlib.contextmanager
def alone(path):
    """One process at a time, of all that run the tests."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def modules_of(stack):
    """Folders of the modules that a stack calls; no module calls another."""
    texts = "".join(one.read_text() for one in (TREE / "stacks" / stack).glob("*.tf"))
    return [one for one in sorted(TREE.glob("modules/*")) if f'"../../modules/{one.name}"' in texts]


def _key(stack):
    """Changes with any file that a plan of the stack is made of."""
    digest = hashlib.sha256(str(sorted(one.name for one in plugins().glob(PROVIDER + "/*"))).encode())
    digest.update((WITHOUT_ACCOUNT + LOCAL_STATE + str(ENVIRONMENTS) + str(BARE) + str(KNOWN)).encode())
    files = [file for folder in (TREE / "stacks" / stack, *modules_of(stack)) for file in folder.rglob("*") if file.suffix in (".tf", ".json", ".js")]
    files += [*(ROOT / "apps" / stack / "deploy").glob("*.tfvars"), ROOT / "tests/deploy/full" / f"{stack}.tfvars"]
    for one in sorted(files):
        if ".terraform" not in one.parts:
            digest.update(str(one.relative_to(ROOT)).encode() + b"\0" + one.read_bytes())
    return digest.hexdigest()[:16]


def variables_of(stack, name):
    declared = (TREE / "stacks" / stack / "variables.tf").read_text()
    if name == "bare":
        return ["-var-file=environments/dev.tfvars", *(f"-var={one}=" for one in BARE if f'variable "{one}"' in declared)]
    known = [f"-var={one}={value}" for one, value in KNOWN.items() if f'variable "{one}"' in declared]
    return [*known, *(f"-var-file={one}" for one in ENVIRONMENTS[name])]


def plan_files(stack, name):
    """Folder with plan.json and plan.out of a stack and environment; made once for all processes and runs that see the same files.
    build/plans/STACK-ENVIRONMENT.json is the plan for others to read."""
    program(), plugins()
    folder = ROOT / "build/terraform" / _key(stack) / f"{stack}-{name}"
    with alone(folder.parent / f"{stack}-{name}.lock"):
        if not (folder / "plan.json").exists():
            shutil.rmtree(folder, ignore_errors=True)
            place = copy_tree(folder) / "stacks" / stack
            without_account(place)
            shutil.copy(ROOT / "tests/deploy/full" / f"{stack}.tfvars", place / "full.tfvars")
            init(place)
            terraform(place, "plan", "-no-color", "-out=plan.out", *variables_of(stack, name))
            shown = terraform(place, "show", "-json", "plan.out").stdout
            (folder / "plan.out").write_bytes((place / "plan.out").read_bytes())
            shutil.rmtree(folder / "infra")
            shutil.rmtree(folder / "apps")
            (folder / "plan.json").write_text(shown)
        published = ROOT / "build/plans"
        published.mkdir(parents=True, exist_ok=True)
        (published / f"{stack}-{name}.json").write_text((folder / "plan.json").read_text())
    return folder


class Plan:
    """What a plan makes: resources by address, each with `type`, `values`, `unknown`."""

    def __init__(self, document):
        self.document = document
        unknown = {one["address"]: one["change"].get("after_unknown", {}) for one in document["resource_changes"]}
        planned = self._walk(document["planned_values"]["root_module"])
        self.resources = {one["address"]: {"values": {}} | one | {"unknown": unknown[one["address"]]} for one in planned if one["mode"] == "managed"}

    def _walk(self, module):
        yield from module.get("resources", [])
        for child in module.get("child_modules", []):
            yield from self._walk(child)

    def values(self, address):
        assert address in self.resources, f"{address} is not planned"
        return self.resources[address]["values"]

    def of(self, kind):
        return {address: one["values"] for address, one in self.resources.items() if one["type"] == kind}

    def containers(self, address):
        """Container definitions of a task, by name; `env` and `from_secrets` as dicts. What is known after apply is None there."""
        text = self.values(address).get("container_definitions")
        shown = address.replace("aws_ecs_task_definition.this", "terraform_data.containers")
        found = {one["name"]: one for one in (json.loads(text) if text else self.values(shown)["input"])}
        for one in found.values():
            one["env"] = {pair["name"]: pair["value"] for pair in one.get("environment") or []}
            one["from_secrets"] = {pair["name"]: pair.get("valueFrom") for pair in one.get("secrets") or []}
        return found

    def statements(self, address):
        """Statements of a policy, by Sid."""
        return {one["Sid"]: one for one in json.loads(self.values(address)["policy"])["Statement"]}


def plan(stack, name):
    return Plan(json.loads((plan_files(stack, name) / "plan.json").read_text()))
