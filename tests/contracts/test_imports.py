"""Imports have one direction: no module imports itself, directly or through others, at run time or for types only."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

from tests.program_under_mocks import PROJECT

_FOLDERS = ("api", "components", "engine", "events", "functions", "offline", "policies", "settings")


def _name(path: Path) -> str:
    return ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {_name(path): ast.parse(path.read_text()) for folder in _FOLDERS for path in (PROJECT / folder).rglob("*.py")}


def _imported(module: str) -> Iterator[str]:
    for node in ast.walk(MODULES[module]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            members = [f"{node.module}.{alias.name}" for alias in node.names]
            inner = [member for member in members if member in MODULES]
            yield from inner or [node.module]


def test_no_module_imports_itself_through_others() -> None:
    edges = {module: {found for found in _imported(module) if found in MODULES} for module in MODULES}
    assert edges["policies.library.judge"]
    # Raises CycleError with the modules of a circle.
    assert list(TopologicalSorter(edges).static_order())


def test_no_function_hides_an_import() -> None:
    hidden = {
        f"{module}:{node.lineno}"
        for module, tree in MODULES.items()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert not hidden
