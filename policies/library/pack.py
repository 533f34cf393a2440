"""Policy packs as a server for the Pulumi engine, which decodes each resource once for all rules.

The SDK's own server decodes a resource, and copies it into proxies, once per rule: 62 s instead of 25 s for a preview
of 1,315 resources under 150 rules that do nothing. This one keeps the SDK's policies (names, levels, severities and
settings reach the engine as usual) and replaces the two calls that carry resources.
"""

import signal
import sys
import threading
from collections.abc import Iterable, Mapping
from concurrent import futures
from pathlib import Path
from typing import Any, Final, NoReturn

import grpc
import pulumi_policy
from google.protobuf import json_format
from pulumi.runtime import proto
from pulumi.runtime.proto import analyzer_pb2_grpc
from pulumi_policy import policy as sdk

from policies.library import waivers
from policies.library.findings import Finding, groups, message
from policies.library.judge import Judge, in_configuration, in_profiles
from policies.library.report import Reporter
from policies.library.resources import Resource
from policies.library.rules import PACKS, REGISTRY, Level, Rule
from policies.library.values import decode_struct, secret_texts
from policies.library.version import VERSION

_MESSAGE_BYTES: Final = 400 * 1024 * 1024
_LEVELS: Final[dict[Level, proto.EnforcementLevel.ValueType]] = {
    "disabled": proto.DISABLED,
    "advisory": proto.ADVISORY,
    "mandatory": proto.MANDATORY,
}
_LEVEL_NAMES: Final[dict[int, Level]] = {
    proto.DISABLED: "disabled",
    proto.ADVISORY: "advisory",
    proto.MANDATORY: "mandatory",
    # The rules of these packs change no inputs.
    proto.REMEDIATE: "mandatory",
}
_SEVERITIES: Final = {
    "low": proto.POLICY_SEVERITY_LOW,
    "medium": proto.POLICY_SEVERITY_MEDIUM,
    "high": proto.POLICY_SEVERITY_HIGH,
    "critical": proto.POLICY_SEVERITY_CRITICAL,
}


def _framework(rule: Rule) -> pulumi_policy.PolicyComplianceFramework:
    for reference in rule.references:
        if reference.startswith("fsbp:"):
            return pulumi_policy.PolicyComplianceFramework(
                name="AWS Foundational Security Best Practices",
                version="1.0.0",
                reference=reference.removeprefix("fsbp:"),
                specification=rule.title,
            )
    return pulumi_policy.PolicyComplianceFramework(
        name="Web Store controls", version=VERSION, reference=rule.control, specification=rule.title
    )


def _schema(rule: Rule) -> pulumi_policy.PolicyConfigSchema | None:
    if not rule.settings:
        return None
    return pulumi_policy.PolicyConfigSchema(
        {
            name: {**setting.schema, "default": setting.default, "description": setting.description}
            for name, setting in rule.settings.items()
        }
    )


def policy(rule: Rule) -> pulumi_policy.Policy:
    """The rule as a policy of the SDK, for the engine's catalogue; the servicer judges instead."""
    metadata: dict[str, Any] = {
        "name": rule.name,
        "description": f"{rule.title}.",
        "enforcement_level": pulumi_policy.EnforcementLevel(rule.levels["prod"]),
        "config_schema": _schema(rule),
        "display_name": rule.display_name,
        "severity": pulumi_policy.Severity(rule.severity),
        "framework": _framework(rule),
        "tags": rule.tags,
        "remediation_steps": rule.fix,
        "url": rule.url,
    }
    if rule.judges_stack:
        return pulumi_policy.StackValidationPolicy(validate=_never_called, **metadata)
    return pulumi_policy.ResourceValidationPolicy(validate=_never_called, **metadata)


def _never_called(_args: Any, _report: Any) -> None:
    raise AssertionError("the servicer answers for all rules")


def _decoded(message: Any, **edges: Any) -> Resource:
    """A resource of the engine's message; properties stay encoded until a rule reads them."""
    return Resource(
        urn=message.urn,
        type=message.type,
        name=message.name,
        load=lambda: decode_struct(message.properties),
        load_provider=lambda: decode_struct(message.provider.properties),
        load_secrets=lambda: secret_texts(message.properties),
        protect=message.options.protect,
        ignore_changes=tuple(message.options.ignoreChanges),
        **edges,
    )


class Servicer(sdk._PolicyAnalyzerServicer):
    """The SDK's analyzer, with answers of a judge."""

    def __init__(
        self, name: str, display_name: str, description: str, judge: Judge, reporter: Reporter | None = None
    ) -> None:
        super().__init__(
            name,
            VERSION,
            [policy(rule) for rule in judge.rules.values()],
            pulumi_policy.EnforcementLevel.ADVISORY,
            description=description,
            display_name=display_name,
            provider="aws",
            tags=["web-store"],
        )
        self._pack = name
        self._judge = judge
        self._reporter = reporter or Reporter(judge, name, VERSION)
        self._stack_name = ""
        self._stack_config: dict[str, str] = {}
        self._inputs: dict[str, frozenset[str]] = {}
        self._state_file = False

    def Configure(self, request: Any, context: Any) -> Any:
        self._judge.configure(
            {name: _LEVEL_NAMES[entry.enforcementLevel] for name, entry in request.policyConfig.items()},
            {name: json_format.MessageToDict(entry.properties) for name, entry in request.policyConfig.items()},
        )
        return super().Configure(request, context)

    def ConfigureStack(self, request: Any, context: Any) -> Any:
        self._stack_name = request.stack
        self._stack_config = dict(request.config)
        # `pulumi policy analyze` sends neither the stack's name nor its configuration.
        self._state_file = not request.stack
        if request.stack:
            self._reporter.operation = "preview" if request.dry_run else "update"
        return super().ConfigureStack(request, context)

    def Analyze(self, request: Any, _context: Any) -> Any:
        self._inputs[request.urn] = frozenset(request.properties.fields)
        findings = self._judge.resource(_decoded(request)) if self._managed(request) else []
        self._reporter.progress(request.urn, findings)
        return self._answer(findings)

    def AnalyzeStack(self, request: Any, _context: Any) -> Any:
        resources = (
            _decoded(
                message,
                parent=message.parent,
                inputs=self._inputs.get(message.urn),
                managed=self._managed(message),
                dependencies=tuple(message.dependencies),
                property_dependencies={key: tuple(v.urns) for key, v in message.propertyDependencies.items()},
            )
            for message in request.resources
        )
        findings = self._judge.stack(resources, name=self._stack_name, config=self._stack_config)
        if request.resources:
            self._reporter.finish(request.resources[0].urn)
        sys.stderr.write(f"{self._pack}: {self._judge.summary()}\n")
        sys.stderr.flush()
        return self._answer(findings)

    def _managed(self, message: Any) -> bool:
        """Whether the program creates the resource. One that it reads by `.get` has no inputs.

        During preview and update the engine sends such resources to AnalyzeStack only; `policy analyze` sends them to
        Analyze too.
        """
        if not message.type.startswith(("aws:", "aws-native:")):
            return True
        if self._state_file:
            return bool(self._inputs.get(message.urn))
        return not self._inputs or message.urn in self._inputs

    def Remediate(self, request: Any, _context: Any) -> Any:  # noqa: ARG002
        return proto.RemediateResponse()

    def _answer(self, findings: Iterable[Finding]) -> Any:
        """The findings for the engine, of which identical ones are one, on the first of their resources."""
        return proto.AnalyzeResponse(
            diagnostics=[
                proto.AnalyzeDiagnostic(
                    policyName=first.rule.name,
                    policyPackName=self._pack,
                    policyPackVersion=VERSION,
                    description=f"{first.rule.title}.",
                    message=f"{first.rule.title}.\n{message(alike)}",
                    urn=first.urn.strip(),
                    enforcementLevel=_LEVELS[first.level],
                    severity=_SEVERITIES[first.rule.severity],
                )
                for alike in groups(findings)
                for first in alike[:1]
            ]
        )


def selection(*packs: str) -> Mapping[str, Rule]:
    """The rules of the packs named, and the guards that every pack carries."""
    return {name: rule for name, rule in REGISTRY.items() if rule.pack in (*packs, "register")}


def serve(name: str, *packs: str, register: Path = waivers.REGISTER) -> NoReturn:
    """Answer the engine for the packs named, until the engine ends this process.

    Exits with code 1 and a message if the register of waivers cannot be read.
    """
    try:
        accepted = waivers.load(register)
    except waivers.RegisterError as error:
        sys.stderr.write(f"policy pack {name}: {error}\n")
        sys.exit(1)
    topics = "; ".join(PACKS[pack] for pack in packs)
    # A pack for other projects has the configurations of the profiles, and not their source.
    place = in_profiles if register.with_name("profiles.yaml").is_file() else in_configuration
    judge = Judge(selection(*packs), waivers=accepted, known_rules=REGISTRY, place=place)
    reporter = Reporter.of_environment(judge, name, VERSION)
    servicer = Servicer(name, f"Web Store: {topics}", f"AWS rules of the web store: {topics}.", judge, reporter)
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=4),
        options=[("grpc.max_receive_message_length", _MESSAGE_BYTES)],
    )
    analyzer_pb2_grpc.add_AnalyzerServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    # The engine interrupts a pack to end it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # The engine reads the port from the first line of the standard output.
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    threading.Event().wait()
    raise SystemExit(0)
