"""The product has no code that nothing in it uses; tests do not count as use."""

from collections.abc import Iterator

from vulture import Vulture

from contract import CONTRACT
from settings.app_tier.uses import KINDS
from settings.base import Section
from tests.contracts.test_sizes import FOLDERS
from tests.program_under_mocks import PROJECT

# Found by their decorators in the registries.
_REGISTERED = [
    "@rule",
    "@rule(*",
    "@step_rule*",
    "@relation",
    "@section_rule",
    "@model_validator*",
    "@checks*",
    "@field_validator*",
]
# Called or read by others: gRPC, Lambda, Locust, pydantic, json and the provider's own argument classes.
_CALLED_FROM_OUTSIDE = {
    "policies/library/pack.py": {"Analyze", "AnalyzeStack", "Remediate"},
    "offline/aws/server.py": {
        "Attach", "Cancel", "Delete", "DiffConfig", "GetPluginInfo", "Handshake", "Read", "Update",
    },
    "offline/awsx/server.py": {"Attach", "Cancel", "Construct", "DiffConfig", "GetPluginInfo", "Handshake"},
    "offline/docker_build/server.py": {
        "Attach", "Cancel", "Delete", "DiffConfig", "GetPluginInfo", "Handshake", "Read", "Update",
    },
    "offline/awsx/construct.py": {"deleteBeforeReplaceDefined"},
    "load/visits.py": {"Visitor", "on_start", "process_exit_code", "wait_time"},
    "offline/wire.py": {"null_value"},
    "components/blocks/alarm.py": {"extended_statistic", "metric_queries"},
    "components/blocks/fargate_service.py": {"bake_time_in_minutes", "canary_configuration", "linear_configuration"},
    "functions/common/messages.py": {"raise_on_entire_batch_failure"},
    # Tests ask the simulated cloud and the state of a stack by these.
    "offline/aws/cloud.py": {"edit"},
    "offline/facts/__init__.py": {"computed"},
    "offline/recorder.py": {
        *("call", "inputs", "names", "new_resource", "one", "statements"),
        *("create_timeout", "delete_before_replace", "delete_timeout", "ignore_changes", "protect", "update_timeout"),
        *("replace_on_changes", "retain_on_delete", "secret_inputs", "secret_outputs"),
    },
    "offline/summary.py": {"orphans"},
    # PyYAML asks it.
    "settings/problems.py": {"ignore_aliases"},
}  # fmt: skip


def unused() -> Iterator[str]:
    """Place and name of each."""
    vulture = Vulture(ignore_names=["handler", "model_config"], ignore_decorators=_REGISTERED)
    vulture.scavenge(
        [str(PROJECT / name) for name in ("__main__.py", "contract.py", "schema_files.py", "secret_names.py", *FOLDERS)]
    )
    known = _read_by_name()
    for item in vulture.get_unused_code(min_confidence=60):
        place = item.filename.relative_to(PROJECT).as_posix() if item.filename.is_absolute() else str(item.filename)
        if item.name not in known and item.name not in _CALLED_FROM_OUTSIDE.get(place, ()):
            yield f"{place}:{item.first_lineno}: {item.typ} {item.name}"


def _read_by_name() -> set[str]:
    """Fields of settings, which models read; outputs, which the contract reads; uses, which their package collects."""
    fields = {name for section in _sections(Section) for name in section.model_fields}
    return fields | {part for entry in CONTRACT for part in entry.path} | {kind.__name__ for kind in KINDS}


def _sections(cls: type[Section]) -> Iterator[type[Section]]:
    yield cls
    for below in cls.__subclasses__():
        yield from _sections(below)


def test_everything_is_used() -> None:
    assert not list(unused()), "remove it; or, if something outside calls it, name it in _CALLED_FROM_OUTSIDE"
