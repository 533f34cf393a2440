"""Files and functions of the product stay of a size that is read at one sitting."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.program_under_mocks import PROJECT

FOLDERS = (
    "api",
    "bootstrap",
    "changes",
    "components",
    "docs",
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
FILES = sorted(
    list(PROJECT.glob("*.py"))
    + [path for folder in FOLDERS for path in (PROJECT / folder).rglob("*.py") if "cases" not in path.parts]
)
FILE_LINES, FUNCTION_LINES, PROGRAM_LINES = 400, 80, 150


def test_a_file_is_one_room() -> None:
    lines = {path.relative_to(PROJECT).as_posix(): len(path.read_text().splitlines()) for path in FILES}
    assert lines["__main__.py"] <= PROGRAM_LINES
    assert not {name: count for name, count in lines.items() if count > FILE_LINES}


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _is_straight(function: ast.AST) -> bool:
    """A list of calls: what a constructor makes, one after the other."""
    branches = (ast.For, ast.While, ast.Try, ast.With, ast.Match)
    decisions = [node for node in ast.walk(function) if isinstance(node, ast.If)]
    return len(decisions) <= 1 and not any(isinstance(node, branches) for node in ast.walk(function))


def test_a_function_is_short_or_a_straight_list() -> None:
    long = {
        f"{path.relative_to(PROJECT)}:{function.lineno} {function.name}": length
        for path in FILES
        for function in _functions(path)
        if (length := (function.end_lineno or function.lineno) - function.lineno + 1) > FUNCTION_LINES
        and not _is_straight(function)
    }
    assert not long
