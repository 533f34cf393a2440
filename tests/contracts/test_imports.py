"""Imports have one direction: no module imports itself, directly or through others, at run time or for types only."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.program_under_mocks import PROJECT

_FOLDERS = (
    "api",
    "bootstrap",
    "changes",
    "components",
    "doctor",
    "engine",
    "events",
    "functions",
    "iam",
    "load",
    "local",
    "offline",
    "parties",
    "policies",
    "providers",
    "review",
    "services",
    "settings",
    "tools",
)


def _name(path: Path) -> str:
    return ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")


_PATHS = sorted(PROJECT.glob("*.py"))
_PATHS += [path for folder in _FOLDERS for path in (PROJECT / folder).rglob("*.py")]
MODULES = {_name(path): ast.parse(path.read_text()) for path in _PATHS}


def _imported(module: str) -> Iterator[str]:
    for node in ast.walk(MODULES[module]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            members = [f"{node.module}.{alias.name}" for alias in node.names]
            inner = [member for member in members if member in MODULES]
            yield from inner
            # A package itself, where something else of it than its modules is taken.
            yield from [node.module] if len(inner) < len(members) else []


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


# Folder or module -> what it must not import: those above it, whose arrows point down to it.
_ABOVE = {
    "functions": ("components", "settings", "offline", "policies", "services"),
    # The image of the services holds these and `functions.common`.
    "services": (
        "changes",
        "components",
        "contract",
        "doctor",
        "iam",
        "local",
        "offline",
        "policies",
        "promotion",
        "settings",
    ),
    # The state of a stack is all that its run on a laptop knows of it.
    "local": (
        "api",
        "changes",
        "components",
        "contract",
        "docs",
        "doctor",
        "policies",
        "promotion",
        "services",
        "settings",
    ),
    "iam": ("components", "functions", "local", "offline", "policies", "services", "settings"),
    "providers": ("components", "functions", "local", "offline", "policies", "services", "settings"),
    "settings": ("changes", "components", "offline", "policies", "contract", "doctor", "promotion"),
    "components": ("changes", "offline", "policies", "contract", "doctor", "promotion"),
    "changes": ("contract", "docs", "doctor", "offline", "promotion", "tools"),
    "components.blocks": tuple(
        f"components.{box}"
        for box in ("api", "app_tier", "data", "dns", "edge", "events", "feeds", "identity", "media", "network")
    ),
    "components.encryption": ("components.events", "components.network", "components.observability"),
    "components.observability": ("components.events", "components.network"),
    "policies.library": ("policies.rules",),
    "policies": ("components", "settings", "offline", "docs", "tools"),
    "offline": ("components", "policies.rules", "docs", "tools", "doctor"),
    "doctor": ("bootstrap", "components", "policies", "docs", "tools"),
    "bootstrap": ("changes", "components", "docs", "policies", "tools"),
}


def _is_in(module: str, folder: str) -> bool:
    return module == folder or module.startswith(f"{folder}.")


@pytest.mark.parametrize("folder", _ABOVE)
def test_arrows_point_down(folder: str) -> None:
    inside = [module for module in MODULES if _is_in(module, folder)]
    assert inside
    upwards = {
        f"{module} imports {found}"
        for module in inside
        for found in _imported(module)
        if any(_is_in(found, above) for above in _ABOVE[folder])
    }
    assert not upwards


def test_no_product_code_imports_tests() -> None:
    assert not {module for module in MODULES for found in _imported(module) if _is_in(found, "tests")}
