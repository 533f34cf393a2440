"""Fixtures of `frame.Changes`."""

from collections.abc import Sequence

import pytest

pytest.register_assert_rewrite("tests.program.life.frame")
from tests.program.conftest import Stack  # noqa: E402
from tests.program.life.frame import Changes, Update, change, deploy  # noqa: E402


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.cls is not None and issubclass(metafunc.cls, Changes) and "change" in metafunc.fixturenames:
        cases = [(number, one) for number, step in enumerate(metafunc.cls.STEPS) for one in step]
        metafunc.parametrize(("step", "change"), cases, ids=[one.name for _, one in cases])


@pytest.fixture(scope="class")
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """The stack that a class of `Changes` changes."""
    cases: type[Changes] = request.cls
    base = request.getfixturevalue(cases.BASE)
    return deploy(base, cases.START, tmp_path_factory.mktemp(cases.__name__))


@pytest.fixture(scope="class")
def updates(request: pytest.FixtureRequest, stack: Stack) -> Sequence[Update]:
    cases: type[Changes] = request.cls
    return [change(stack, step) for step in cases.STEPS]
