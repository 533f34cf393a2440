"""Application tier: every microservice of the settings, and the resources that they share."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

import pulumi

from components.app_tier.boundary import Boundary, BoundaryName, boundaries
from components.app_tier.discovery import Discovery
from components.app_tier.functions import Functions
from components.app_tier.inbox import Inbox
from components.app_tier.liveness import watch_sources
from components.app_tier.outbox import Outbox
from components.app_tier.owners import Owners
from components.app_tier.runner import TaskRunner
from components.app_tier.service import Service
from components.app_tier.simulated_provider import SimulatedProvider
from components.base import StoreComponent
from components.blocks.fargate_service import FargateService
from components.blocks.function import Function
from components.blocks.internal_balancer import InternalBalancer, InternalBalancerArgs
from components.blocks.queue import Queue
from components.blocks.security_group import SecurityGroup, SecurityGroupArgs
from components.blocks.service_connect import PORT as CONNECT_PORT
from components.blocks.tracing import Tracing
from components.contact_lists import ContactLists
from components.data import Data
from components.dns import Dns
from components.events import Events
from components.foundation import Foundation
from components.network import Network
from settings.app_tier import AppTierSettings
from settings.app_tier.microservice import (
    DIRECT,
    LIVENESS,
    Microservice,
    cache_fillers_first,
    connected,
    fills_the_cache,
    outboxes,
    translator_of,
)
from settings.app_tier.runtime import FargateRuntime, LambdaRuntime
from settings.app_tier.uses import in_network, intake_of, uses_of

__all__ = ["AppTier"]

_RECEIVES = 5


class AppTier(StoreComponent):
    """Point 7 of the guidance: stateless services on Fargate and Lambda, made from their entries in the settings.

    An entry makes: role, grants, security group with rules, tasks or function, scaling, log, alarms; with routes a
    target group of the internal load balancer; with `consumes` a queue of events; with `emits` the outbox of a table;
    with `calls` Service Connect, or the right to invoke. `settings/app_tier/uses` has a class for each kind of thing
    that a service may use. Services inside the payment boundary have cluster, subnets, key and permissions boundary of
    their own. Those that the user pool invokes are in `IdentityTriggers`; events of their tables go out from here.
    """

    TYPE = "webstore:app:AppTier"
    DASHBOARD = "app"
    OUTPUTS = ("load_balancer_arn", "namespace_name")
    load_balancer_arn: pulumi.Output[str] | None
    """Internal load balancer in front of the Fargate services with routes; None without such services."""
    load_balancer_group: SecurityGroup | None
    """Group of that load balancer; `admit` its callers."""
    entries: Mapping[str, Microservice]
    """The services' settings by name."""
    functions: dict[str, Function]
    """Services on Lambda by name, without those that the user pool invokes."""
    namespace_name: pulumi.Output[str] | None
    """Service Connect namespace."""

    def __init__(
        self,
        name: str,
        *,
        settings: AppTierSettings,
        foundation: Foundation,
        network: Network,
        dns: Dns,
        owners: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            owners: Boxes that own what services use, by `Use.owner`; `images`, `data`, `events` and `third_parties` are
                required.
        """
        super().__init__(name, opts, foundation=foundation)
        self._settings, self._network = settings, network
        self.entries = settings.services
        data: Data = owners["data"]
        events: Events = owners["events"]
        services = settings.services
        inboxes = {
            label: self._inbox(label, service, events) for label, service in services.items() if service.consumes
        }
        self.functions = {}
        provider = self._simulated_provider(dns.url, owners["third_parties"].off_simulated)
        self._owners = Owners(
            {
                **owners,
                "inboxes": inboxes,
                "services": self.functions,
                **self._contact_lists(),
                **({"simulated_provider": provider} if provider else {}),
            }
        )
        inside = boundaries(
            name,
            settings=settings,
            network=network,
            data=data,
            images=owners["images"],
            bus_arn=events.known_bus_arn,
            owners=self._owners,
            provider_key_arns=[provider.key.secret_arn] if provider else [],
            opts=self._inside,
        )
        clients = self._client_groups()
        balancer = self._internal_balancer(dns.regional_certificate_arn)
        discovery = Discovery(name, settings, self._inside)
        tasks = TaskRunner(
            network=network,
            images=owners["images"],
            balancer=balancer,
            discovery=discovery,
            tracing=Tracing(settings=foundation.tracing) if foundation.tracing.enabled else None,
            inside=self._inside,
        )
        make = Functions(
            settings=settings, foundation=foundation, images=owners["images"], network=network, inside=self._inside
        )
        self._run(tasks, make, inside, clients)
        watch_sources(
            self._name_of(LIVENESS),
            pipes=self._outboxes(data, events, make, inside),
            mappings=make.mappings,
            log_days=settings.log_days,
            make=make,
            opts=self._inside,
        )

        self.load_balancer_arn = balancer.load_balancer_arn if balancer else None
        self.load_balancer_group = balancer.group if balancer else None
        self.namespace_name = discovery.namespace_name
        self._publish()

    def _run(
        self,
        runner: TaskRunner,
        make: Functions,
        inside: Mapping[BoundaryName, Boundary],
        clients: Mapping[str, SecurityGroup],
    ) -> None:
        """Tasks and functions of all services, callees first."""
        services = self._settings.services
        tasks: dict[str, FargateService] = {}
        fillers: list[pulumi.Resource] = []
        for label in cache_fillers_first(services):
            entry = services[label]
            if entry.trigger is not None:
                continue
            service = Service(
                label=label,
                name=self._name_of(label),
                entry=entry,
                access=self._owners.access(label, entry, self._name_of(label)),
                boundary=inside[entry.boundary] if in_network(entry) else None,
                memberships=[
                    clients[label] for label in sorted({use.clients for use in uses_of(entry)} & clients.keys())
                ],
            )
            if isinstance(entry.runtime, FargateRuntime):
                callees = {callee: tasks[callee].service_arn for callee in entry.calls if callee in tasks}
                # The first pull through the cache needs a way to the internet
                # (https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache.html).
                after = fillers[:1] if entry.boundary == "payment" else []
                tasks[label] = runner.tasks(service, entry.runtime, callees, after)
                if fills_the_cache(label, services):
                    fillers.append(tasks[label].service)
            else:
                self.functions[label] = make.of_service(service, entry.runtime)
        for label, callees in sorted(connected(services).items()):
            for callee in callees:
                tasks[callee].group.admit(tasks[label].group, port=CONNECT_PORT, purpose="Calls by Service Connect")

    def _name_of(self, label: str) -> str:
        """Logical name of the resources of one service or table."""
        return f"{self._name}-{label}"

    def _contact_lists(self) -> dict[str, ContactLists]:
        """The owner of contact lists, if a service uses one."""
        names = [service.contact_list for service in self._settings.services.values() if service.contact_list]
        if not names:
            return {}
        given = self._settings.contact_list == "given"
        return {"contact_lists": ContactLists(f"{self._name}-contacts", names=names, given=given, opts=self._inside)}

    def _simulated_provider(self, store_url: str, off: Collection[str]) -> SimulatedProvider | None:
        if all(service.simulated_provider == "none" for service in self._settings.services.values()):
            return None
        return SimulatedProvider(self._name_of("simulated-provider"), store_url=store_url, off=off, opts=self._inside)

    def _client_groups(self) -> dict[str, SecurityGroup]:
        """A group of clients for each store in the VPC, whose own group then needs one rule for all clients."""
        wanted = {
            use.clients: use
            for service in self._settings.services.values()
            for use in uses_of(service)
            if use.clients and use.exists(self._owners.of(use))
        }
        groups: dict[str, SecurityGroup] = {}
        for label, use in sorted(wanted.items()):
            groups[label] = SecurityGroup(
                f"{self._name}-{label}-clients",
                SecurityGroupArgs(vpc_id=self._network.vpc_id, description=f"Services that use {label}"),
                opts=self._inside,
            )
            use.admit(self._owners.of(use), groups[label])
        return groups

    def _internal_balancer(self, certificate_arn: pulumi.Input[str]) -> InternalBalancer | None:
        served = [
            label
            for label, service in self._settings.services.items()
            if service.routes and isinstance(service.runtime, FargateRuntime)
        ]
        if not served:
            return None
        return InternalBalancer(
            f"{self._name}-balancer",
            InternalBalancerArgs(
                settings=self._settings.load_balancer,
                vpc_id=self._network.vpc_id,
                subnet_ids=self._network.app_subnet_ids,
                certificate_arn=certificate_arn,
                names=served,
            ),
            opts=self._inside,
        )

    def _inbox(self, label: str, service: Microservice, events: Events) -> Queue:
        runtime, intake = service.runtime, intake_of(service)
        return Inbox(
            f"{self._name_of(label)}-inbox",
            service=label,
            event_names=service.consumes,
            run_seconds=runtime.timeout_seconds if isinstance(runtime, LambdaRuntime) else None,
            age_alarm_minutes=service.queue_age_alarm_minutes,
            max_receives=intake.receives if intake else _RECEIVES,
            events=events,
            opts=self._inside,
        ).queue

    def _outboxes(
        self, data: Data, events: Events, make: Functions, inside: Mapping[BoundaryName, Boundary]
    ) -> dict[str, pulumi.Output[str]]:
        """An outbox for each table through which services emit events.

        Returns:
            Logical name to name of its pipe.
        """
        emits: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for label, service in self._settings.services.items():
            for event, table in service.emits.items():
                if table != DIRECT:
                    emits[table][service.domain or label].add(event)
        pipes: dict[str, pulumi.Output[str]] = {}
        for table, kind in outboxes(self._settings.services).items():
            outbox = Outbox(
                f"{self._name_of(table)}-outbox",
                table=data.table(table),
                emits=emits[table],
                translator=self._name_of(translator_of(table)),
                events=events,
                make=make,
                boundary=inside[kind] if kind == "payment" else None,
                concurrency=self._settings.outbox_concurrency,
                log_days=self._settings.log_days,
                opts=self._inside,
            )
            pipes[outbox.pulumi_resource_name] = outbox.pipe_name
        return pipes
