"""Options of the test suite."""

from functools import cache
from typing import Any

import pytest
from botocore.loaders import JSONFileLoader
from hypothesis import Phase, settings

# The same examples in every run, and none that fails because the machine is busy.
settings.register_profile(
    "store",
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)
settings.load_profile("store")


# Sessions of boto3 come and go with each emulator, and each would read AWS's models of its services anew.
_load = JSONFileLoader.load_file


@cache
def _read_once(path: str) -> Any:
    return _load(JSONFileLoader(), path)


JSONFileLoader.load_file = lambda _, file_path: _read_once(file_path)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that both workers end at the same time (`--no-loadscope-reorder`)."""
    items.sort(key=lambda item: item.path.parent.name != "program")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record-inventory", action="store_true", help="write tests/program/inventory anew")
