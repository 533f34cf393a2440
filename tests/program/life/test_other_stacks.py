"""What `make test` finds of dev and prod, of every other stack of the project."""

import pytest

from tests.program import test_deployment, test_reach
from tests.program.conftest import Stack, deploy, repositories_first
from tests.program.test_reach import graph  # noqa: F401
from tests.stack_files import STACKS

for module in (test_deployment, test_reach):
    for name, found in vars(module).items():
        if name.startswith("test_") and "deployed" in found.__annotations__:
            globals()[name] = found


@pytest.fixture(scope="module", params=[stack for stack in STACKS if stack not in ("dev", "prod")])
def deployed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    return deploy(tmp_path_factory, request.param, "--skip-preview", before=repositories_first(request.param))
