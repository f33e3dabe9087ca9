#!/usr/bin/env python3
"""What Terraform's AWS provider knows of its resources, from the bindings that CDKTF generated from it.

Usage: scripts/aws-schema.py WHEEL OUT.json.gz

WHEEL is cdktf-cdktf-provider-aws of PyPI (scripts/aws-schema.sha256). Each lib/NAME/index.js in it ends in a source map with the generated
TypeScript, which says of every attribute whether it is computed, optional or required, and of what type. Lost are descriptions, enumerations,
defaults and what forces a replacement; which attributes are sensitive or write-only is told from their names (SENSITIVE, `_wo`).

The result: {"version": …, "provider": BLOCK, "resources": {NAME: BLOCK}, "data_sources": {NAME: BLOCK}}, a BLOCK being
{"attributes": {NAME: {"type": TYPE, "required"|"optional"|"computed"|"sensitive"|"write_only": true}},
 "blocks": {NAME: {"nesting": "list"|"set"|"single"|"map", "min": N, "max": N, "block": BLOCK}}} with Terraform's own TYPEs.
"""

import base64
import gzip
import io
import json
import re
import sys
import tarfile
import zipfile

CLASS = re.compile(r"^export class (\w+) extends cdktf\.(\w+)", re.M)
ATTRIBUTE = re.compile(r"^  // (\w+) - computed: (true|false), optional: (true|false), required: (true|false)\n(.*?)(?=^  // \w+ - computed: |^}|\Z)", re.M | re.S)
MAPPED = re.compile(r"^ +(\w+): \{\s*value: (.*?),\s*isBlock: (true|false),\s*type: \"(\w+)\",\s*storageClassType: \"(\w+)\",", re.M | re.S)
TYPE_NAME = re.compile(r"tfResourceType = \"(\w+)\"")
VERSION = re.compile(r"providerVersion: '([\d.]+)'")
SOURCE_MAP = re.compile(r"sourceMappingURL=data:application/json;base64,(\S+)")
SENSITIVE = re.compile(r"(^|_)(password|secret_string|secret_binary|auth_token|private_key|secret_key|secret|token|master_password|client_secret|"
                       r"access_token|oauth_token|secret_header)(_wo)?$")
NOT_SENSITIVE = re.compile(r"(_version|_arn|_id|_name)$")
PLAIN = {"getStringAttribute": "string", "getNumberAttribute": "number", "getBooleanAttribute": "bool",
         "getStringMapAttribute": ["map", "string"], "getNumberMapAttribute": ["map", "number"], "getBooleanMapAttribute": ["map", "bool"],
         "getAnyMapAttribute": ["map", "string"], "interpolationForAttribute": "dynamic"}
# The bindings have `any` for what contains itself. Three deep, with what rules of a web ACL are made of.
FIELDS = ("all_query_arguments", "body", "method", "query_string", "uri_path")
DEPTH = 3
UNWRITTEN = (False, "simple", "", "")  # only read


def attribute(kind, **flags):
    return {"type": kind} | {name: True for name, given in flags.items() if given}


def block(attributes=None, blocks=None):
    return {"attributes": attributes or {}, "blocks": blocks or {}}


def nested(inner, nesting="list", least=0, most=1):
    return {"nesting": nesting, "min": least, "max": most, "block": inner}


def match_on_field(extra):
    fields = {name: nested(block()) for name in FIELDS} | {"single_header": nested(block({"name": attribute("string", required=True)}))}
    transformation = block({"priority": attribute("number", required=True), "type": attribute("string", required=True)})
    return block(extra, {"field_to_match": nested(block({}, fields)), "text_transformation": nested(transformation, "set", 1, 0)})


def web_acl_statement(depth=DEPTH):
    required = {"required": True}
    byte_match = match_on_field({"positional_constraint": attribute("string", **required), "search_string": attribute("string", **required)})
    blocks = {
        "byte_match_statement": nested(byte_match),
        "sqli_match_statement": nested(match_on_field({"sensitivity_level": attribute("string", optional=True, computed=True)})),
        "xss_match_statement": nested(match_on_field({})),
        "size_constraint_statement": nested(match_on_field({"comparison_operator": attribute("string", **required), "size": attribute("number", **required)})),
        "geo_match_statement": nested(block({"country_codes": attribute(["list", "string"], **required)})),
        "ip_set_reference_statement": nested(block({"arn": attribute("string", **required)})),
        "label_match_statement": nested(block({"key": attribute("string", **required), "scope": attribute("string", **required)})),
    }
    if depth > 0:
        inside = nested(web_acl_statement(depth - 1), "list", 1, 0)
        one = nested(web_acl_statement(depth - 1), "list", 0, 1)
        blocks |= {"and_statement": nested(block({}, {"statement": inside})), "or_statement": nested(block({}, {"statement": inside})),
                   "not_statement": nested(block({}, {"statement": inside}))}
        rate = {"aggregate_key_type": attribute("string", optional=True), "limit": attribute("number", **required),
                "evaluation_window_sec": attribute("number", optional=True)}
        forwarded = block({"fallback_behavior": attribute("string", **required), "header_name": attribute("string", **required)})
        blocks["rate_based_statement"] = nested(block(rate, {"forwarded_ip_config": nested(forwarded), "scope_down_statement": one}))
        override = block({"name": attribute("string", **required)}, {"action_to_use": nested(block({}, {
            action: nested(block()) for action in ("allow", "block", "count", "captcha", "challenge")}), least=1)})
        managed = {"name": attribute("string", **required), "vendor_name": attribute("string", **required), "version": attribute("string", optional=True)}
        blocks["managed_rule_group_statement"] = nested(block(managed, {"rule_action_override": nested(override, most=100), "scope_down_statement": one}))
        blocks["rule_group_reference_statement"] = nested(block({"arn": attribute("string", **required)}, {"rule_action_override": nested(override, most=100)}))
    return block({}, blocks)


class Source:
    """The TypeScript of one resource: its classes by name, each with its attributes and how they are written."""

    def __init__(self, text):
        self.version = next(iter(VERSION.findall(text)), "")
        self.classes, self.main = {}, None
        starts = list(CLASS.finditer(text))
        mapped = self._functions(text)
        for at, found in enumerate(starts):
            end = starts[at + 1].start() if at + 1 < len(starts) else len(text)
            body = text[found.start():end]
            name, base = found.groups()
            self.classes[name] = (base, ATTRIBUTE.findall(body))
            if base in ("TerraformResource", "TerraformDataSource", "TerraformProvider"):
                self.main, self.kind, self.type_name = name, base, next(iter(TYPE_NAME.findall(body)), "")
                self.main_mapped = self._mapped(body[body.rindex("synthesizeHclAttributes"):]) if "synthesizeHclAttributes" in body else {}
        self.mapped = mapped

    @staticmethod
    def _mapped(body):
        """By attribute: whether it is written as a block, its collection, its element, and the function that writes one."""
        found = {}
        for name, value, is_block, kind, element in MAPPED.findall(body):
            as_block = is_block == "true" and (not value.startswith("cdktf.listMapperHcl(") or ", true)(" in value)
            writer = re.search(r"(\w+)ToHclTerraform", value)
            found[name] = (as_block, kind, element, writer.group(1).lower() if writer else "")
        return found

    def _functions(self, text):
        found = {}
        for part in re.split(r"^export function ", text, flags=re.M)[1:]:
            name = part[:part.index("(")]
            if name.endswith("ToHclTerraform"):
                found[name[:-len("ToHclTerraform")].lower()] = self._mapped(part[:part.index("\n}")])
        return found

    def schema(self):
        return self._block(self.main, self.main_mapped)

    def _block(self, name, mapped):
        attributes, blocks = {}, {}
        for key, computed, optional, required, body in self.classes.get(name, ("", []))[1]:
            flags = {"computed": computed == "true", "optional": optional == "true", "required": required == "true"}
            as_block, kind, _, writer = mapped.get(key, UNWRITTEN)
            made = re.search(r"= new (\w+)\(this, \"\w+\"(?:, (true|false))?\)", body)
            if made and as_block and not flags["computed"]:
                blocks[key] = self._nested(made.group(1), kind, flags["required"])
            elif as_block and not made and writer in self.mapped:
                blocks[key] = nested(self._written_block(writer), kind, int(flags["required"]), 0)
            elif key == "statement" and "interpolationForAttribute" in body:
                blocks[key] = nested(web_acl_statement(), least=int(flags["required"]))
            else:
                attributes[key] = attribute(self._type(body, made, kind), **flags) | self._secrecy(key)
        return block(attributes, blocks)

    def _written_block(self, writer):
        """A block of the provider's configuration: it is never read, so there is no class of it, only what writes it."""
        simple = {"string": "string", "number": "number", "boolean": "bool"}
        attributes = {}
        for key, (_, kind, element, _) in self.mapped[writer].items():
            base = re.match(r"(string|number|boolean)?", element).group(0)
            inner = simple.get(base, "string")
            attributes[key] = attribute(inner if kind == "simple" else [kind, inner], optional=True) | self._secrecy(key)
        return block(attributes)

    @staticmethod
    def _secrecy(key):
        if key.endswith("_wo"):
            return {"write_only": True, "sensitive": True}
        return {"sensitive": True} if SENSITIVE.search(key) and not NOT_SENSITIVE.search(key) else {}

    def _nested(self, made, kind, required):
        many = made.endswith("List")
        inner = self._inner(made)
        mapped = self.mapped.get(inner[:-len("OutputReference")].lower(), {})
        nesting = "single" if kind == "struct" else kind
        return nested(self._block(inner, mapped), nesting, int(required and nesting in ("list", "set")), 0 if many or nesting in ("single", "map") else 1)

    @staticmethod
    def _inner(made):
        return made if made.endswith("OutputReference") else re.sub(r"(List|Map)$", "OutputReference", made)

    def _type(self, body, made, kind):
        if made:
            return self._object_type(made.group(1), made.group(2) == "true" or kind == "set")
        answer = next(iter(re.findall(r"return (.*?);", body)), "")
        getter = next((name for name in re.findall(r"this\.(\w+)\(", answer)), "")
        if getter in ("getListAttribute", "getNumberListAttribute"):
            return ["set" if "Fn.tolist" in answer else "list", "number" if "Number" in getter else "string"]
        return PLAIN.get(getter, "string")

    def _object_type(self, made, is_set):
        simple = re.match(r"(String|Number|Boolean|Any)(List|Map)(List|Map)?$", made)
        outer = "set" if is_set else "list"
        if simple:
            element = {"String": "string", "Number": "number", "Boolean": "bool", "Any": "string"}[simple.group(1)]
            inner = [simple.group(2).lower(), element]
            if not simple.group(3):
                return inner
            return [simple.group(3).lower() if simple.group(3) == "Map" else outer, inner]
        inner = self._inner(made)
        shape = {}
        mapped = self.mapped.get(inner[:-len("OutputReference")].lower(), {})
        for key, *_, body in self.classes.get(inner, ("", []))[1]:
            again = re.search(r"= new (\w+)\(this, \"\w+\"(?:, (true|false))?\)", body) or re.search(r"= new cdktf\.(\w+)\(this, \"\w+\"(?:, (true|false))?\)", body)
            shape[key] = self._type(body, again, mapped.get(key, UNWRITTEN)[1])
        kind = ["object", shape]
        if made.endswith("Map"):
            return ["map", kind]
        return [outer, kind]


def sources(wheel):
    with zipfile.ZipFile(wheel) as package:
        name = next(name for name in package.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(package.read(name))) as archive:
            for member in archive:
                if not member.name.endswith("/index.js") or member.name.count("/") != 3:
                    continue
                found = SOURCE_MAP.search(archive.extractfile(member).read().decode())
                if found:
                    yield json.loads(base64.b64decode(found.group(1)))["sourcesContent"][0]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    schema = {"version": "", "provider": block(), "resources": {}, "data_sources": {}}
    for text in sources(sys.argv[1]):
        source = Source(text)
        if source.main is None:
            continue
        schema["version"] = schema["version"] or source.version
        if source.kind == "TerraformProvider":
            schema["provider"] = source.schema()
        else:
            schema["resources" if source.kind == "TerraformResource" else "data_sources"][source.type_name] = source.schema()
    if len(schema["resources"]) < 1000:
        sys.exit(f"{sys.argv[1]}: only {len(schema['resources'])} resources were found in it")
    with open(sys.argv[2], "wb") as file, gzip.GzipFile(fileobj=file, mode="wb", mtime=0, filename="") as packed:
        packed.write(json.dumps(schema, separators=(",", ":"), sort_keys=True).encode())
    print(f"AWS provider {schema['version']}: {len(schema['resources'])} resources, {len(schema['data_sources'])} data sources")


if __name__ == "__main__":
    main()
