"""The product has no code that nothing in it uses; tests do not count as use."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import TypeVar

from pydantic import BaseModel
from vulture import Vulture

import services
from contract import CONTRACT
from settings.app_tier.uses import KINDS
from settings.base import Section
from tests.contracts.test_sizes import FOLDERS
from tests.program_under_mocks import PROJECT

Model = TypeVar("Model", bound=BaseModel)

# Found by their decorators in the registries.
_REGISTERED = [
    "@rule",
    "@rule(*",
    "@step_rule*",
    "@relation",
    "@section_rule",
    "@model_serializer*",
    "@model_validator*",
    "@checks*",
    "@field_validator*",
    *(f"@*.{method}" for method in ("delete", "exception_handler", "get", "post", "put")),
]
# Called or read by others: gRPC, httpx, Lambda, Locust, pydantic, json and the provider's own argument classes.
_CALLED_FROM_OUTSIDE = {
    "policies/library/pack.py": {"Analyze", "AnalyzeStack", "Remediate"},
    # The SDK's plugin calls providers; programs take of the types those that they need.
    "providers/base.py": {"check", "configure", "create", "diff", "read", "serialize_as_secret_always", "update"},
    "providers/calls.py": {"METHOD", "load"},
    "providers/personalize.py": {
        *("Dataset", "DatasetGroup", "EventTracker", "Filter", "Recommender", "Schema", "Solution"),
        "tracking_id",
    },
    "providers/refusal.py": {"format_exc"},
    "providers/resource.py": {"arn", "translate_input_property", "translate_output_property"},
    "offline/api/__main__.py": {"Configure"},
    "offline/api/endpoint.py": {"do_POST", "protocol_version"},
    "services/common/invocations.py": {"handle_request"},
    "offline/aws/server.py": {
        "Attach", "Cancel", "Delete", "DiffConfig", "GetPluginInfo", "Handshake", "Read", "Update",
    },
    "offline/awsx/server.py": {"Attach", "Cancel", "Construct", "DiffConfig", "GetPluginInfo", "Handshake"},
    "offline/docker_build/server.py": {
        "Attach", "Cancel", "Delete", "DiffConfig", "GetPluginInfo", "Handshake", "Read", "Update",
    },
    "offline/awsx/construct.py": {"deleteBeforeReplaceDefined"},
    # Code of functions asks its context.
    "local/function_host.py": {
        *("aws_request_id", "client_context", "function_version", "get_remaining_time_in_millis"),
        *("invoked_function_arn", "log_stream_name", "memory_limit_in_mb"),
    },
    # Servers' own switches, which werkzeug, uvicorn and redis read.
    "local/front/cache_backend.py": {"daemon_threads"},
    "local/moto_host.py": {"log_request", "protocol_version"},
    "local/moto_transactions.py": {"__deepcopy__"},
    "local/serving.py": {"capture_signals", "force_exit", "should_exit"},
    "local/judge.py": {"__call__"},
    "services/common/idempotency.py": {"get_remaining_time_in_millis"},
    # Templates ask them.
    "local/front/pool_pages.py": {"autocomplete"},
    "services/web/models.py": {"can_be_cancelled"},
    "services/web/searches.py": {"is_filtered"},
    "services/web/texts.py": {"__call__"},
    # Tests ask a run by these.
    "local/front/pool.py": {"add_to_group"},
    "local/principals.py": {"role_of"},
    "local/processes.py": {"by_alias", "by_target_group"},
    # Named in annotations that are text.
    "local/front/assets.py": {"BaseClient"},
    "local/front/objects.py": {"BaseClient"},
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
    vulture.scavenge([str(PROJECT / name) for name in (*(path.name for path in PROJECT.glob("*.py")), *FOLDERS)])
    known = _read_by_name()
    for item in vulture.get_unused_code(min_confidence=60):
        place = item.filename.relative_to(PROJECT).as_posix() if item.filename.is_absolute() else str(item.filename)
        if item.name not in known and item.name not in _CALLED_FROM_OUTSIDE.get(place, ()):
            yield f"{place}:{item.first_lineno}: {item.typ} {item.name}"


def _read_by_name() -> set[str]:
    """Fields of settings and of bodies, which pydantic reads; outputs, which the contract reads; uses, which their
    package collects."""
    for module in pkgutil.walk_packages(services.__path__, "services."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    bodies = [model for model in _sections(BaseModel) if model.__module__.startswith("services.")]
    fields = {name for section in (*_sections(Section), *bodies) for name in section.model_fields}
    return fields | {part for entry in CONTRACT for part in entry.path} | {kind.__name__ for kind in KINDS}


def _sections(cls: type[Model]) -> Iterator[type[Model]]:
    yield cls
    for below in cls.__subclasses__():
        yield from _sections(below)


def test_everything_is_used() -> None:
    assert not list(unused()), "remove it; or, if something outside calls it, name it in _CALLED_FROM_OUTSIDE"
