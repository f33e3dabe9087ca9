"""infra/sam/template.yaml, read: its functions, their events, and which resource of the API a request would meet."""

import pathlib

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "infra/sam/template.yaml"
PENDING = ROOT / "infra/sam/pending.tsv"


class _Loader(yaml.SafeLoader):
    """Short forms of CloudFormation's functions become {"!Name": value}."""


def _function(loader, suffix, node):
    read = {yaml.ScalarNode: loader.construct_scalar, yaml.SequenceNode: loader.construct_sequence, yaml.MappingNode: loader.construct_mapping}[type(node)]
    return {"!" + suffix: read(node, deep=True) if not isinstance(node, yaml.ScalarNode) else read(node)}


_Loader.add_multi_constructor("!", _function)


def template():
    return yaml.load(TEMPLATE.read_text(), _Loader)


def resources(kind):
    return {name: resource for name, resource in template()["Resources"].items() if resource["Type"] == kind}


def events():
    """{function of the manifest: [(method, path), …]}"""
    found = {}
    for function in resources("AWS::Serverless::Function").values():
        asked = [event["Properties"] for event in function["Properties"]["Events"].values()]
        found[function["Properties"]["Handler"]] = [(event["Method"].upper(), event["Path"]) for event in asked]
    return found


def pending():
    """Events whose routes the application does not have yet: {(method, path): what brings them}."""
    lines = [line.split("\t") for line in PENDING.read_text().splitlines()[1:]]
    return {(method, path): brings for method, path, brings in lines}


def met(path, paths):
    """Which of the API's resources a request for this pattern meets: the most exact one; None for {proxy+}, the core service's."""
    def fits(resource):
        parts, wanted = resource.split("/"), path.split("/")
        return len(parts) == len(wanted) and all(part == want or part.startswith("{") for part, want in zip(parts, wanted))
    fitting = [resource for resource in paths if fits(resource)]
    return min(fitting, key=lambda resource: [part.startswith("{") for part in resource.split("/")], default=None)
