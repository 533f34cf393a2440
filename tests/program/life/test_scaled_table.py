"""A table whose capacity others change: what scaling has set stays, while indexes come and go."""

from pathlib import Path
from typing import Any

from tests.program.life.small import SmallProgram

TABLE = "aws:dynamodb/table:Table"
PROGRAM = """
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.table import Index, Key, Table, TableArgs
from components.store import Store
from settings import load_settings
from settings.table import Provisioned, TableSettings
from tests.foundation import foundation

store = Store("store", settings=load_settings().environment)


class Box(StoreComponent):
    TYPE = "webstore:test:Box"


Table(
    "orders",
    TableArgs(
        key=Key(partition=("order_id", "S")),
        key_arn=aws.kms.Key("key", opts=store.inside).arn,
        settings=TableSettings(capacity=Provisioned(mode="provisioned", max_read_units=50, max_write_units=50)),
        indexes={name: Index(key=Key(partition=(name, "S"))) for name in INDEXES},
    ),
    Box("box", store.inside, foundation=foundation(protect=False))._inside,
)
"""


def units(program: SmallProgram) -> dict[str, int]:
    (table,) = program.in_aws(TABLE)
    indexes = {index["name"]: index["readCapacity"] for index in table.get("globalSecondaryIndexes", [])}
    return {"": table["readCapacity"], **indexes}


def test_what_scaling_has_set_stays_while_indexes_come_and_go(tmp_path: Path) -> None:
    def scale(table: dict[str, Any]) -> None:
        table["readCapacity"] = 40
        table["globalSecondaryIndexes"][0]["readCapacity"] = 60

    program = SmallProgram(tmp_path / "scaled", PROGRAM, INDEXES=["by_status"])
    program.up()
    program.in_aws(TABLE, scale)
    program.refresh()
    assert program.preview() == {}

    program.give(INDEXES=["by_status", "by_customer"])
    assert program.up()[f"{TABLE}::orders"] == "update"
    assert units(program) == {"": 40, "by_status": 60, "by_customer": 5}

    program.give(INDEXES=[])
    program.up()
    assert units(program) == {"": 40}
    assert program.preview() == {}
