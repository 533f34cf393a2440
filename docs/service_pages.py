"""The page of what a service gets and owes: from the stack files, and from the program that they configure."""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jinja2

from doctor.program import Program, program_of
from settings.app_tier.microservice import DIRECT, Microservice
from settings.app_tier.route import Route
from settings.app_tier.runtime import FargateRuntime
from settings.endpoints import ROOT
from settings.stack_files import stack_names

_DOCS = Path(__file__).resolve().parent
_NAMES = _DOCS.parent / "functions" / "common" / "names.py"
PAGE = _DOCS / "services.md"
# Every other environment has the same services, smaller or larger.
_STACK = "prod"


def pages() -> Mapping[Path, str]:
    """Path in the project to the page's text."""
    program = program_of(_STACK if _STACK in stack_names() else stack_names()[0])
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_DOCS / "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    given = _variables(program)
    services = [
        _about(label, entry, given[f"app-{label}"])
        for label, entry in sorted(program.settings.app_tier.services.items())
    ]
    facts = {
        "services": services,
        "web": {"variables": given["web-service"], "settings": program.settings.web_tier.service},
        "meanings": dict(sorted(_meanings().items())),
    }
    return {PAGE: environment.get_template("services.md.j2").render(facts)}


def _about(label: str, entry: Microservice, variables: list[str]) -> dict[str, Any]:
    runtime = entry.runtime
    return {
        "name": label,
        "tasks": isinstance(runtime, FargateRuntime),
        "runtime": runtime,
        "variables": variables,
        "routes": [
            f"{method} /{ROOT}/{label}{route.path.rstrip('/')} ({', '.join(filter(None, _of_route(route)))})"
            for route in entry.routes
            for method in route.methods
        ],
        "emits": {
            event: "by itself" if way == DIRECT else f"outbox of `{way}`" for event, way in sorted(entry.emits.items())
        },
        "consumes": sorted(entry.consumes),
        "calls": sorted(entry.calls),
        "tables": dict(sorted(entry.tables.items())),
        "feeds": sorted(entry.feeds),
        "trigger": entry.trigger,
    }


def _of_route(route: Route) -> tuple[str | None, ...]:
    """Who may call it, and what it takes."""
    return route.auth, route.body, "form" if route.form else None


def _variables(program: Program) -> dict[str, list[str]]:
    """Logical name of a task definition or function to the variables of the store that it gets."""
    found: dict[str, list[str]] = {}
    for task in program.of("ecs/taskDefinition:TaskDefinition"):
        (container,) = (one for one in json.loads(task.inputs["containerDefinitions"]) if one["name"] == task.name)
        found[task.name] = [variable["name"] for variable in [*container["environment"], *container.get("secrets", ())]]
    for function in program.of("lambda/function:Function"):
        found[function.name] = list(function.inputs["environment"]["variables"])
    return {name: sorted(filter(_of_the_store, variables)) for name, variables in found.items()}


def _of_the_store(variable: str) -> bool:
    return variable.startswith("STORE_")


def _meanings() -> dict[str, str]:
    """Variable to what it holds, by the docstrings of `functions/common/names.py`."""
    found = dict(_documented(ast.parse(_NAMES.read_text())))
    silent = sorted(name for name, text in found.items() if not text)
    assert not silent, f"functions/common/names.py must say what {', '.join(silent)} hold"
    return {name: " ".join(text.split()) for name, text in found.items()}


def _documented(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for statement, after in zip(tree.body, [*tree.body[1:], ast.Pass()], strict=True):
        if isinstance(statement, ast.Assign) and _of_the_store(name := _text(statement.value)):
            yield name, _text(after.value) if isinstance(after, ast.Expr) else ""
        elif isinstance(statement, ast.FunctionDef) and statement.name.endswith("_variable"):
            (pattern,) = re.findall(r"STORE_[A-Z_{}a-z()]+", ast.unparse(statement.body[-1]))
            yield re.sub(r"\{.*\}", "<NAME>", pattern), ast.get_docstring(statement) or ""


def _text(value: ast.expr) -> str:
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""
