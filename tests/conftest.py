"""Options of the test suite."""

import pytest
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


# The longest; what needs the stacks that the first of them deploys comes later, so that nobody waits for them.
_FIRST = ("test_deployment.py", "test_bad_input.py", "test_policies.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that both workers end at the same time (`--no-loadscope-reorder`)."""
    items.sort(key=lambda item: item.path.parent.name != "program" or item.path.name not in _FIRST)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record-inventory", action="store_true", help="write tests/program/inventory anew")
