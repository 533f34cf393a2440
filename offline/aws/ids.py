"""Ids, ARNs and other texts as AWS would form them. `ids.txt` is the table; this is the general rule.

Everything minted follows from one seed, so that the same resource gets the same texts in all its outputs.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from typing import Any

from offline.aws.minting import alphabet_text, uuid_text
from offline.aws.regions import WEBSITE_ZONES, partition_of
from offline.kinds import kind_of
from offline.schema import TypeSchema
from offline.tables import rows

_TOKEN = re.compile(r"(?<!\$)\{([^{}]+)\}")
_MINTED = re.compile(r"(hex|low|up|dec)(\d+)([a-z]?)")
_LOW = "abcdefghijklmnopqrstuvwxyz0123456789"
_ALPHABETS = {"hex": "0123456789abcdef", "low": _LOW, "up": _LOW.upper(), "dec": "0123456789"}
# Pulumi module to the service part of an ARN, where they differ.
_SERVICES = {
    "amp": "aps",
    "appautoscaling": "application-autoscaling",
    "cfg": "config",
    "costexplorer": "ce",
    "docdb": "rds",
    "ec2clientvpn": "ec2",
    "ec2transitgateway": "ec2",
    "ecrpublic": "ecr-public",
    "efs": "elasticfilesystem",
    "elasticsearch": "es",
    "emr": "elasticmapreduce",
    "elb": "elasticloadbalancing",
    "lb": "elasticloadbalancing",
    "location": "geo",
    "msk": "kafka",
    "mskconnect": "kafkaconnect",
    "mwaa": "airflow",
    "neptune": "rds",
    "pinpoint": "mobiletargeting",
    "sesv2": "ses",
    "sfn": "states",
    "vpc": "ec2",
    "vpclattice": "vpc-lattice",
}


@dataclass(frozen=True, slots=True)
class Forms:
    """A line of the table. An empty `id` or `arn` means the general rule."""

    id: str = ""
    arn: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)


@cache
def _table() -> Mapping[str, Forms]:
    return {kind: Forms(id_form, arn, _outputs(outputs)) for kind, id_form, arn, outputs in rows("aws/ids.txt", 4)}


def _outputs(text: str) -> dict[str, str]:
    pairs = (item.split("=", 1) for item in re.split(r";(?:\s+|$)", text) if item.strip())
    return {key.strip(): value.strip() for key, value in pairs}


def forms_of(token: str) -> Forms:
    return _table().get(kind_of(token), Forms())


def _last(text: str) -> str:
    return re.split(r"[/:]", text)[-1]


class Mint:
    """Forms the id, the ARN and other texts of one resource."""

    def __init__(
        self,
        schema: TypeSchema,
        values: Mapping[str, Any],
        *,
        seed: str,
        region: str,
        account: str,
        serial: Callable[[str], int],
        existing: tuple[str, str] = ("", ""),
    ) -> None:
        """`values` are the known plain properties; `serial` counts up for a name, per type and place.

        `existing` are id and ARN of a resource that has them already.
        """
        self._existing_id, self._existing_arn = existing
        self.schema, self.region, self.account = schema, region, account
        self.forms = forms_of(schema.token)
        self.kind = kind_of(schema.token)
        self._values, self._seed, self._count = dict(values), seed, serial
        self.moment = datetime.now(UTC)

    def inside(self, name: str, values: Mapping[str, Any]) -> "Mint":
        """Mint of something that the resource makes, by its name; the same at each update."""
        seed = f"{self.account}|{self.region}|{name}"
        return Mint(self.schema, values, seed=seed, region=self.region, account=self.account, serial=self._count)

    def know(self, key: str, value: Any) -> None:
        """Adds an output that later forms may mention."""
        self._values[key] = value

    @cached_property
    def id(self) -> str:
        if self._existing_id:
            return self._existing_id
        return self.text(self.forms.id) if self.forms.id else self._general_id()

    @cached_property
    def arn(self) -> str:
        if self._existing_arn:
            return self._existing_arn
        return self.text(self.forms.arn, is_arn=True) if self.forms.arn else self._general_arn()

    def value(self, key: str) -> str:
        """A property as text, empty when it is not there."""
        found = self._values.get(key)
        if found is None:
            if key == "path" and self.kind.startswith("iam/"):
                return "/"
            return self.text(self.forms.outputs[key]) if key in self.forms.outputs else ""
        return str(found).lower() if isinstance(found, bool) else str(found)

    def text(self, form: str, *, is_arn: bool = False) -> str:
        if is_arn and not form.startswith("{"):
            service, resource = form.split(":", 1)
            region = "" if "!" in service else self.region
            account = "" if service.endswith(("!!", "~")) else self.account
            form = f"arn:{partition_of(self.region)}:{service.rstrip('!~')}:{region}:{account}:{resource}"
        return _TOKEN.sub(lambda match: self._word(match.group(1)), form)

    def _word(self, word: str) -> str:
        minted = _MINTED.fullmatch(word)
        if minted:
            return self.minted(minted.group(1), int(minted.group(2)), word)
        if word in SPECIAL_WORDS:
            return SPECIAL_WORDS[word](self)
        if "|" in word:
            key, change = word.split("|")
            before, after = change.split(">")
            return self.value(key).replace(before, after)
        if "?" in word:
            key, text = word.split("?")
            return text if self.value(key) not in {"", "false"} else ""
        if word.endswith(".last"):
            return _last(self.value(word.removesuffix(".last")))
        if word.endswith(".function"):
            name = self.value(word.removesuffix(".function"))
            arn = f"arn:{partition_of(self.region)}:lambda:{self.region}:{self.account}:function:{name}"
            return name if name.startswith("arn:") else arn
        return self.value(word)

    def minted(self, alphabet: str, count: int, word: str) -> str:
        """A part that AWS makes up. `word` tells such parts of one resource apart."""
        text = alphabet_text(f"{self._seed}|{word}", _ALPHABETS[alphabet], count)
        if alphabet == "hex" and count == 17:
            return "0" + text[1:]  # ids of EC2 have started with it since they grew to 17 digits
        return "1" + text[1:] if alphabet == "dec" and text[0] == "0" else text

    @cached_property
    def uuid(self) -> str:
        return uuid_text(self._seed)

    @cached_property
    def serial(self) -> str:
        return str(self._count(next(filter(None, map(self.value, ("family", "layerName", "name"))), self.id_seed)))

    @property
    def id_seed(self) -> str:
        """Key of the counter of a resource without a name: its parent, as far as known."""
        return ",".join(self._required_texts())

    def byte(self, word: str) -> str:
        return str(int(alphabet_text(f"{self._seed}|{word}", "0123456789", 8)) % 254 + 1)

    def time(self) -> str:
        return self.moment.strftime("%Y-%m-%dT%H:%M:%SZ")

    def _required_texts(self) -> list[str]:
        required = (key for key in self.schema.inputs.types if key in self.schema.inputs.required)
        return [
            text for text in (self._values.get(key) for key in required) if isinstance(text, str) and len(text) < 200
        ]

    def _general_id(self) -> str:
        """The name, else the key of what is configured, else an id of AWS's own making."""
        is_object = "arn" in self.schema.outputs.types
        name = self._values.get("name")
        if isinstance(name, str):
            return name
        if not is_object and self._required_texts():
            return ",".join(self._required_texts())
        return self.arn if is_object and "Id" not in "".join(self.schema.outputs.required) else self.uuid

    def _general_arn(self) -> str:
        module, kind = self.kind.split("/")
        resource = re.sub(r"(?<=[a-z0-9])([A-Z])", r"-\1", kind).lower()
        name = self._values.get("name")
        service = _SERVICES.get(module, module)
        return self.text(f"{service}:{resource}/{name if isinstance(name, str) else self.uuid}", is_arn=True)


def _key_policy(mint: Mint) -> str:
    """The policy of a key that was made without one: the account decides through IAM."""
    root = f"arn:{partition_of(mint.region)}:iam::{mint.account}:root"
    statement = {
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": {"AWS": root},
        "Action": "kms:*",
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Id": "key-default-1", "Statement": [statement]})


def _status(mint: Mint) -> str:
    return "PENDING_VALIDATION" if mint.value("validationMethod") else "ISSUED"


def _brokers(port: int, first: str) -> Callable[[Mint], str]:
    def text(mint: Mint) -> str:
        cluster = mint.text("{clusterName}.{low6}.c2.kafka.{region}.amazonaws.com").lower()
        return ",".join(f"{first}-{number}.{cluster}:{port}" for number in (1, 2, 3))

    return text


def _bus_prefix(mint: Mint) -> str:
    bus = mint.value("eventBusName")
    return f"{_last(bus)}/" if bus and _last(bus) != "default" else ""


SPECIAL_WORDS: Mapping[str, Callable[[Mint], str]] = {
    "id": lambda mint: mint.id,
    "arn": lambda mint: mint.arn,
    "uuid": lambda mint: mint.uuid,
    "uuid2": lambda mint: uuid_text(mint.uuid),
    "region": lambda mint: mint.region,
    "account": lambda mint: mint.account,
    "partition": lambda mint: partition_of(mint.region),
    "serial": lambda mint: mint.serial,
    "now": Mint.time,
    "next year": lambda mint: (mint.moment + timedelta(days=395)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    "byte": lambda mint: mint.byte("byte"),
    "byteb": lambda mint: mint.byte("byteb"),
    "kind": lambda mint: {"network": "net", "gateway": "gwy"}.get(mint.value("loadBalancerType"), "app"),
    "scheme": lambda mint: "internal-" if mint.value("internal") == "true" else "",
    "scope": lambda mint: "global" if mint.value("scope") == "CLOUDFRONT" else "regional",
    "rule group": lambda mint: f"{mint.value('type').lower()}-rulegroup",
    "status": _status,
    "pending": lambda mint: "true" if mint.value("protocol") in {"email", "email-json", "http", "https"} else "false",
    "busPrefix": _bus_prefix,
    "key policy": _key_policy,
    "tls": lambda mint: "required" if mint.value("transitEncryptionEnabled") == "true" else "",
    "website": lambda mint: WEBSITE_ZONES.get(mint.region) or mint.text("Z{up13}"),
    "/name": lambda mint: mint.value("name") if mint.value("name").startswith("/") else f"/{mint.value('name')}",
    "fifo?queue": lambda mint: "queue" if mint.value("fifoQueue") == "true" else "",
    "fifo?perQueue": lambda mint: "perQueue" if mint.value("fifoQueue") == "true" else "",
    "no kmsMasterKeyId": lambda mint: "false" if mint.value("kmsMasterKeyId") else "true",
    "b1:9094": _brokers(9094, "b"),
    "b1:9096": _brokers(9096, "b"),
    "b1:9098": _brokers(9098, "b"),
    "z1:2181": _brokers(2181, "z"),
    "z1:2182": _brokers(2182, "z"),
}
