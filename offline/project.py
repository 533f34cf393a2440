"""A Pulumi project as its owner wrote it, and the copy in which the engine works."""

import re
from pathlib import Path
from typing import Any, Final

import yaml

from offline import written
from offline.errors import OfflineError
from offline.files import read_yaml

PROJECT: Final = Path(__file__).resolve().parent.parent
_SIMULATED: Final = ("aws", "awsx", "docker-build", "pulumi-python")
# https://www.pulumi.com/docs/iac/concepts/projects/project-file/#attributes
_NAME: Final = re.compile(r"[\w.-]{1,100}", re.ASCII)


def read_project(folder: Path) -> dict[str, Any]:
    """The project file, its runtime as a mapping with `name` and `options`.

    Raises:
        OfflineError: there is none, or it is no project file.
    """
    path = folder / "Pulumi.yaml"
    shown = _shown(path)
    content = read_yaml(path, shown)
    if not isinstance(content.get("name"), str) or not _NAME.fullmatch(content["name"]):
        raise OfflineError(f"{shown}: `name` must be the name of the project, such as `name: web-store`")
    runtime = content.get("runtime")
    if isinstance(runtime, str):
        runtime = {"name": runtime}
    if not isinstance(runtime, dict) or not isinstance(runtime.get("name"), str):
        raise OfflineError(f"{shown}: `runtime` must name the language, such as `runtime: python`")
    options = runtime.get("options") or {}
    if not isinstance(options, dict):
        raise OfflineError(f"{shown}: `runtime.options` must be a mapping, such as `virtualenv: .venv`")
    return {**content, "runtime": {**runtime, "options": options}}


def copied_project(folder: Path, plugins: Path) -> str:
    """The project file for the engine: its program stays where it is, its AWS plugins are those of a folder.

    Raises:
        OfflineError: it is no project file.
    """
    project = read_project(folder)
    options = dict(project["runtime"]["options"])
    if project["runtime"]["name"] == "python":
        options["virtualenv"] = str((folder / str(options.get("virtualenv") or PROJECT / ".venv")).resolve())
    given = project.get("plugins") or {}
    providers = given.get("providers") or [] if isinstance(given, dict) else None
    if not isinstance(providers, list) or not all(isinstance(entry, dict) for entry in providers):
        raise OfflineError(f"{_shown(folder / 'Pulumi.yaml')}: `plugins.providers` must be a list of mappings")
    simulated = [{"name": name, "path": str(plugins)} for name in _SIMULATED]
    changed = {
        "main": str((folder / str(project.get("main") or "")).resolve()),
        "runtime": {**project["runtime"], "options": options},
        "plugins": {
            **given,
            "providers": [*(one for one in providers if one.get("name") not in _SIMULATED), *simulated],
        },
    }
    kept = [entry for key, entry in written.entries(written.read(folder / "Pulumi.yaml")).items() if key not in changed]
    ours = written.entries(yaml.compose(yaml.safe_dump(changed), yaml.SafeLoader)).values()
    return written.text(written.mapping([*kept, *ours]))


def read_stack(folder: Path, stack: str) -> dict[str, Any]:
    """Configuration of a stack file, key to value.

    Raises:
        OfflineError: there is no such file, or it is not a stack file.
    """
    path = stack_file(folder, stack)
    settings = read_yaml(path, path.name).get("config") or {}
    if not isinstance(settings, dict):
        raise OfflineError(f"{path.name}: `config` must be a mapping of keys (`web-store:network`) to sections")
    return settings


def stack_file(folder: Path, stack: str) -> Path:
    """
    Raises:
        OfflineError: there is none.
    """
    path = folder / f"Pulumi.{stack}.yaml"
    if not path.exists() and not path.is_symlink():
        raise OfflineError(_no_stack_file(path))
    return path


def _no_stack_file(path: Path) -> str:
    known = sorted(found.name.split(".")[1] for found in path.parent.glob("Pulumi.*.yaml"))
    place = "" if path.parent == PROJECT else f" in {_shown(path.parent)}"
    way = f"Run: make ... ENV={known[0]}, or copy its file for a new environment" if known else "Write it first"
    return f"there is no stack file {path.name}{place}. Stacks: {', '.join(known) or 'none'}. {way}"


def _shown(path: Path) -> str:
    return str(path.relative_to(PROJECT)) if path.is_relative_to(PROJECT) else str(path)


def holds_secret(node: yaml.Node) -> bool:
    """Whether an encrypted value stands in this part of a stack file."""
    if isinstance(node, yaml.MappingNode):
        return set(written.entries(node)) == {"secure"} or any(holds_secret(value) for _, value in node.value)
    return isinstance(node, yaml.SequenceNode) and any(map(holds_secret, node.value))
