"""What AWS refuses because of what exists, and what it takes: in the preview as in the update."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from tests.offline.aws.driver import Engine, RefusedCallError
from tests.offline.aws.steps.world import World

_CASES = [
    import_module(f"tests.offline.aws.steps.cases.{path.stem}")
    for path in sorted((Path(__file__).parent / "cases").glob("*.py"))
]
REFUSED = {name: case for module in _CASES for name, case in module.REFUSED.items()}
TAKEN = {name: change for module in _CASES for name, change in module.TAKEN.items()}


@pytest.mark.parametrize("name", [name for name, case in REFUSED.items() if case.in_preview])
def test_the_preview_says_that_aws_refuses_the_step(start: Callable[[], Engine], name: str):
    with pytest.raises(RefusedCallError, match=REFUSED[name].says):
        REFUSED[name].change(World(start(), start()), True)


@pytest.mark.parametrize("name", REFUSED)
def test_aws_refuses_the_step(start: Callable[[], Engine], name: str):
    with pytest.raises(RefusedCallError, match=REFUSED[name].says):
        REFUSED[name].change(World(start(), start()), False)


@pytest.mark.parametrize("name", TAKEN)
@pytest.mark.parametrize("preview", [True, False], ids=["preview", "update"])
def test_aws_takes_the_step(start: Callable[[], Engine], name: str, preview: bool):
    TAKEN[name](World(start(), start()), preview)
