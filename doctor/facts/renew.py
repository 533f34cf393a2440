"""Record the IAM actions that creating, reading, changing and deleting each resource type takes.

`python -m doctor.facts.renew [--calls FILE]` writes `permissions.json` from two sources:

- `handlers.*.permissions` of CloudFormation's resource schemas, as the installed cfn-lint carries them
  (https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html);
- the calls that the Terraform provider itself made, recorded by a proxy between hashicorp/aws and an emulator: one JSON
  object a line with `service` (of the signature), `method`, `path`, `target` and `action`. Without the option the calls
  of the earlier recording stay.
"""

import argparse
import importlib.metadata
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import cfnlint

from doctor.facts.names import (
    ACTIONS,
    BY_CLOUDFORMATION,
    BY_HAND,
    CLIENTS,
    PREFIXES,
    SERVICES,
    TYPES,
    VERB_ACTIONS,
)
from offline.schema import all_tokens

HERE = Path(__file__).resolve().parent
RECORD = HERE / "permissions.json"
_SCHEMAS = Path(cfnlint.__file__).parent / "data" / "schemas"

# What a handler may call of other services: the rest belongs to options that no store uses.
_OF_OTHERS = re.compile(
    r"ec2:Describe\w+|iam:(PassRole|CreateServiceLinkedRole)|elasticloadbalancing:(Describe\w+|SetWebACL)"
    r"|kms:(CreateGrant|DescribeKey|Decrypt|Encrypt|GenerateDataKey\w*|ReEncrypt(From|To))|apigateway:SetWebACL"
    r"|logs:\w*(LogDelivery|LogDeliveries|ResourcePolicy|ResourcePolicies|LogGroups)|cognito-idp:\w*WebACL\w*"
    r"|servicediscovery:\w+|secretsmanager:DescribeSecret|backup-storage:\w+"
)
# Contents of tables, queues and objects, which only options read that import or export; and what works on the whole
# account, on users, or on features that no store uses.
_NEVER = re.compile(
    r"dynamodb:(\w*Item|Query|Scan|\w*Import\w*|\w*Export\w*|\w*Replica|\w*KinesisStreamingDestination)"
    r"|s3:(Get|Put|Delete)Object\w*|s3:\w*(Metadata\w*Table|Inventory|Analytics|Abac|IntelligentTiering|MetricsConfig)\w*"
    r"|sqs:(Send|Receive|Delete)Message\w*|kinesis:(Put|Get)Record\w*|secretsmanager:(GetSecretValue|GetRandomPassword)"
    r"|lambda:(Invoke\w*|\w*(CodeSigning|CapacityProvider|Recursion|Scaling|ProvisionedConcurrency)\w*|\w*Runtime\w*)"
    r"|ecs:(StopTask|RunTask|StartTask|PutAccountSetting\w*)|ses:Send\w+|cloudformation:\w*(Type|StackSet|Hook)\w*"
    r"|iam:\w*(User|Group)\w*|iam:(Delete|Get)ServiceLinkedRole\w*|kms:ReEncrypt|cloudfront:\w*ConnectionGroup"
    r"|apigateway:(un)?TagResource|network-firewall:ListTagsForResources|ec2:\w*VerifiedAccess\w*"
    r"|logs:\w*(DataProtection|IndexPolic|BearerToken)\w*|route53:\w*VPC\w*|network-firewall:\w*Proxy\w*"
)
_HANDLERS = ("create", "read", "update", "delete")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m doctor.facts.renew", description=__doc__)
    parser.add_argument("--calls", type=Path, action="append", help="recorded calls of the provider, JSON lines")
    files = parser.parse_args().calls
    earlier = json.loads(RECORD.read_text()) if RECORD.is_file() else {}
    record = {
        "source": "CloudFormation resource schemas of cfn-lint " + importlib.metadata.version("cfn-lint"),
        "date": json.loads((_SCHEMAS / "version.json").read_text())["schema_date"][:10],
        "types": dict(_types()),
        "calls": dict(_calls(files)) if files else earlier.get("calls", {}),
    }
    RECORD.write_text(_text(record))
    print(f"{RECORD.name}: {len(record['types'])} types, {len(record['calls'])} services with recorded calls")  # noqa: T201
    return 0


def _types() -> Iterator[tuple[str, list[str]]]:
    """Short token (`ecs/service`) to its actions."""
    schemas = {schema["typeName"]: schema for schema in map(_read, (_SCHEMAS / "resources").glob("*.json"))}
    for token in sorted(all_tokens()):
        short = token.split(":")[1]
        named = schemas.get(_cloudformation(short, schemas))
        if named is None and short not in BY_HAND:
            continue
        _, prefixes = SERVICES.get(short.partition("/")[0], ((), ()))
        actions = {*BY_HAND.get(short, ()), *(_of_handlers(named, prefixes) if named else ())}
        if actions:
            yield short, _sorted(actions)
    for name, prefixes in BY_CLOUDFORMATION.items():
        yield name, _sorted(_of_handlers(schemas[name], prefixes))


def _cloudformation(short: str, schemas: Mapping[str, Any]) -> str:
    if short in TYPES:
        return TYPES[short]
    module, _, name = short.partition("/")
    for service in SERVICES.get(module, ((), ()))[0]:
        for known in schemas:
            if known.lower() == f"aws::{service}::{name}".lower():
                return known
    return ""


def _of_handlers(schema: Mapping[str, Any], prefixes: tuple[str, ...]) -> Iterator[str]:
    handlers = schema.get("handlers") or {}
    for kind in _HANDLERS:
        for action in (handlers.get(kind) or {}).get("permissions", []):
            if "*" in action or ":" not in action or _NEVER.fullmatch(action):
                continue
            if action.split(":")[0] in prefixes or _OF_OTHERS.fullmatch(action):
                yield ACTIONS.get(action, action)


def _calls(files: Iterable[Path]) -> Iterator[tuple[str, list[str]]]:
    found: dict[str, set[str]] = {}
    for file in files:
        for line in file.read_text().splitlines():
            call = json.loads(line)
            action = _action(call) if call["service"] else ""
            if action:
                found.setdefault(action.split(":")[0], set()).add(action)
    for prefix, actions in sorted(found.items()):
        yield prefix, _sorted(actions)


def _action(call: Mapping[str, Any]) -> str:
    service = call["service"]
    prefix = PREFIXES.get(service, service)
    if service in VERB_ACTIONS:
        return f"{prefix}:{call['method']}"
    operation = call["action"] or (call["target"] or "").rpartition(".")[2] or _operation(call)
    operation = re.sub(r"\d{4}_\d\d_\d\d$", "", operation)
    return ACTIONS.get(f"{prefix}:{operation}", f"{prefix}:{operation}") if operation else ""


def _operation(call: Mapping[str, Any]) -> str:
    """Operation of a REST call, by the longest request URI of the service's model that fits."""
    parts = urlsplit(call["path"])
    asked = {key for key in re.split(r"[&=]", parts.query) if key}
    best, longest = "", -1
    for client in CLIENTS.get(call["service"], (call["service"],)):
        for name, pattern, query in _uris(client, call["method"]):
            if pattern.fullmatch(parts.path) and query <= asked:
                weight = 100 * len(query) + pattern.pattern.count("/")
                best, longest = (name, weight) if weight > longest else (best, longest)
    return best


def _uris(client: str, method: str) -> Iterator[tuple[str, re.Pattern[str], set[str]]]:
    model = boto3.client(client, region_name="us-east-1").meta.service_model  # pyright: ignore[reportCallIssue, reportArgumentType]
    for name in model.operation_names:
        http = model.operation_model(name).http
        if http.get("method") != method:
            continue
        path, _, query = http["requestUri"].partition("?")
        pattern = re.sub(r"\\\{(\w+)(\\\+)?\\\}", lambda found: ".+" if found[2] else "[^/]+", re.escape(path))
        yield name, re.compile(pattern.rstrip("/") + "/?"), {key for key in re.split(r"[&=]", query) if key}


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _sorted(actions: Iterable[str]) -> list[str]:
    """Each once: IAM does not tell upper from lower case."""
    return sorted({action.lower(): action for action in sorted(actions)}.values(), key=str.lower)


def _text(record: Mapping[str, Any]) -> str:
    """JSON with one type a line, so that a renewal shows what has changed."""
    rows = {
        part: ",\n".join(f"    {json.dumps(key)}: {json.dumps(value)}" for key, value in record[part].items())
        for part in ("types", "calls")
    }
    return (
        f'{{\n  "source": {json.dumps(record["source"])},\n  "date": {json.dumps(record["date"])},\n'
        f'  "types": {{\n{rows["types"]}\n  }},\n  "calls": {{\n{rows["calls"]}\n  }}\n}}\n'
    )


if __name__ == "__main__":
    sys.exit(main())
