"""What Lambda needs of the code."""

import ast
import sys
from importlib import import_module
from pathlib import Path

import pytest

from components.blocks.function import archive

FUNCTIONS = Path(__file__).resolve().parents[2] / "functions"
IMPORTS = (ast.Import, ast.ImportFrom)
AT_RUN_TIME = {"aws_lambda_powertools", "boto3", "botocore", "functions", "pydantic", *sys.stdlib_module_names}


@pytest.mark.parametrize("path", sorted(FUNCTIONS.rglob("*.py")), ids=lambda path: str(path.relative_to(FUNCTIONS)))
def test_nothing_is_imported_that_is_not_there_at_run_time(path: Path) -> None:
    tree = ast.parse(path.read_text())
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= AT_RUN_TIME


@pytest.mark.parametrize("code", sorted(path.parent.name for path in FUNCTIONS.glob("*/handler.py")))
def test_every_function_has_its_handler(code: str) -> None:
    assert callable(import_module(f"functions.{code}.handler").handler)


@pytest.mark.parametrize("path", ["__init__.py", "common/__init__.py", "common/names.py"])
def test_the_program_imports_the_shared_names_without_the_functions_libraries(path: str) -> None:
    imports = [node for node in ast.walk(ast.parse((FUNCTIONS / path).read_text())) if isinstance(node, IMPORTS)]
    assert imports == []


@pytest.mark.parametrize("code", sorted(path.parent.name for path in FUNCTIONS.glob("*/handler.py")))
def test_the_shared_modules_are_in_every_package(code: str) -> None:
    shared = {f"functions/common/{path.name}" for path in (FUNCTIONS / "common").glob("*.py")}
    assert shared <= archive(code).assets.keys()
