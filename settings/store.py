"""All sections of a stack file together."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from settings.api import ApiSettings
from settings.app_tier import AppTierSettings
from settings.app_tier.microservice import Microservice
from settings.app_tier.runtime import LambdaRuntime
from settings.backup import BackupSettings
from settings.base import Section
from settings.budget import BudgetSettings
from settings.chat import ChatSettings
from settings.checkout import CheckoutSettings
from settings.data import DataSettings
from settings.dns import DnsSettings
from settings.dns_names import names_of_the_store
from settings.edge import EdgeSettings
from settings.encryption import EncryptionSettings
from settings.engagement import EngagementSettings
from settings.environment import EnvironmentSettings
from settings.events import EventsSettings
from settings.feeds import FeedsSettings
from settings.fraud import FraudSettings
from settings.identity import IdentitySettings, PrefixDomain
from settings.images import OWN_CODE, ImagesSettings, UsedImages, source_image
from settings.interface_endpoints import used_endpoints
from settings.location import LocationSettings, LocationV2
from settings.media import MediaSettings
from settings.network import NetworkNeeds, NetworkSettings
from settings.observability import ObservabilitySettings
from settings.orders import OrdersSettings
from settings.personalization import PersonalizationSettings
from settings.search import SearchSettings
from settings.shared_files import SharedFilesSettings
from settings.third_parties import ThirdPartiesSettings
from settings.tracing import TracingSettings
from settings.web_tier import WebTierSettings

SECRETS = {
    "origin_secret": "Value of the header that proves a request to be from CloudFront (`edge.origin`): 32 to 128"
    " letters and digits.",
    "origin_secret_next": "A second value that the load balancer takes, while one replaces the other"
    " ([rotation](runbooks/secrets.md)).",
}
"""Encrypted keys beside the sections, `web-store:<name>`; the program gets them as secret outputs only."""


class StoreSettings(Section):
    """Settings of one environment: each field is the section `web-store:<field>` of `Pulumi.<stack>.yaml`.

    Rules between sections are in `settings.relations`; `settings.load_settings` applies both.
    """

    environment: EnvironmentSettings
    """Name, account, Region and owner of the environment."""

    network: NetworkSettings
    """The VPC, its subnets over the zones, and how they reach AWS and the internet."""

    encryption: EncryptionSettings = EncryptionSettings()
    """The KMS keys: one per data class."""

    observability: ObservabilitySettings = ObservabilitySettings()
    """Receivers of alarms, runbooks and dashboards, and how long access logs are kept."""

    tracing: TracingSettings = TracingSettings()
    """How requests are followed from service to service."""

    images: ImagesSettings = ImagesSettings()
    """Repositories of container images, and the cache of public ones."""

    dns: DnsSettings
    """The store's host names, their hosted zone and certificates."""

    media: MediaSettings = MediaSettings()
    """The bucket of product media and static assets."""

    data: DataSettings = DataSettings()
    """The store's tables, the accelerator in front of them, the application tier's cache."""

    shared_files: SharedFilesSettings = SharedFilesSettings()
    """The file system that both tiers share."""

    edge: EdgeSettings
    """How customers reach the store through CloudFront, and what protects it there."""

    web_tier: WebTierSettings = WebTierSettings()
    """The load balancer, the front-end service, its cache and its tables."""

    identity: IdentitySettings = IdentitySettings()
    """Customers' accounts, how they sign in, and which applications sign them in."""

    events: EventsSettings = EventsSettings()
    """The event bus, and its archive."""

    third_parties: ThirdPartiesSettings = ThirdPartiesSettings()
    """The systems of others that the store works with: what each receives, by which way, and who it is."""

    orders: OrdersSettings = OrdersSettings()
    """The queue that hands orders to the order management system."""

    checkout: CheckoutSettings = CheckoutSettings()
    """What delivery and taxes cost where no third party reckons them."""

    feeds: FeedsSettings = FeedsSettings()
    """Streams from other systems into the store's tables, and their engine."""

    search: SearchSettings = SearchSettings()
    """How customers find products, the engine, and what feeds it from the table of products."""

    personalization: PersonalizationSettings = PersonalizationSettings()
    """What customers are shown who agreed to a profile."""

    fraud: FraudSettings = FraudSettings()
    """How payments are scored, and who reviews those that are held."""

    location: LocationSettings = LocationSettings()
    """The stores that customers visit, maps of them, and where deliveries are."""
    chat: ChatSettings = ChatSettings()
    """The bot that answers customers, its languages, and who takes over from it."""
    engagement: EngagementSettings = EngagementSettings()
    """The messages that customers get about orders and offers."""

    app_tier: AppTierSettings = AppTierSettings()
    """The microservices, and how they find each other."""

    api: ApiSettings = ApiSettings()
    """The REST API in front of the microservices."""

    backup: BackupSettings = BackupSettings()
    """Recovery points of tables, shared files and media, and the vaults that keep them."""

    budget: BudgetSettings = BudgetSettings()
    """What the environment may cost, and who is notified when it costs more."""

    @property
    def interface_endpoints(self) -> tuple[str, ...]:
        """Interface endpoints of the VPC: as the settings list them, else those that are used."""
        if self.network.interface_endpoints is not None:
            return self.network.interface_endpoints
        tier = self.app_tier
        return tuple(
            used_endpoints(
                tier.services,
                self.web_tier.service,
                self.feeds.engine,
                connect_tls=tier.discovery.tls,
                traced=self.tracing.enabled,
                scoring=self.fraud.engine.endpoints,
                chatting=self.chat.engine.endpoints,
            )
        )

    @property
    def used_images(self) -> UsedImages:
        """Images of all tasks and functions."""
        web = self.web_tier.service
        used, processors, functions = [(web.image, False)], {(web.image, web.architecture)}, set[str]()
        for service in self.app_tier.services.values():
            runtime = service.runtime
            if runtime.image is None:
                continue
            used.append((runtime.image, service.boundary == "payment"))
            processors.add((runtime.image, runtime.architecture))
            if isinstance(runtime, LambdaRuntime):
                functions.add(runtime.image)
        if self.tracing.enabled:
            used.append((self.tracing.collector_image, False))
        own = {processor for image, processor in processors if image == OWN_CODE}
        proven = {it for it in own if self.images.from_ is not None or source_image(it) in self.images.pinned}
        return UsedImages(
            payment_only={image: all(payment for other, payment in used if other == image) for image, _ in used},
            built=own - proven,
            proven=proven,
            functions=functions,
        )

    @property
    def contacts(self) -> str | None:
        """Name of the contact list; None where no service uses one."""
        services = self.app_tier.services.values()
        return next((service.contact_list for service in services if service.contact_list), None)

    @property
    def network_needs(self) -> NetworkNeeds:
        hosts = list(self.dns.host_names)
        if isinstance(self.identity.domain, PrefixDomain):  # the storefront fetches tokens there
            hosts.append(f"auth.{self.environment.region}.amazoncognito.com")
        shared = [service for service in self.app_tier.services.values() if service.boundary != "payment"]
        hosts += self._hosts_called_by(shared)
        names = names_of_the_store(
            region=self.environment.region,
            cidr_block=self.network.cidr_block,
            hosts=hosts,
            images=self.used_images.payment_only,
            public_cache=self.images.public_cache,
        )
        return NetworkNeeds(endpoints=self.interface_endpoints, payment_hosts=self.payment_hosts, names=names)

    @property
    def payment_hosts(self) -> tuple[str, ...]:
        """Hosts that payment services reach beside those of `network.payment_egress`: of the user pool's keys, of the
        third parties that they call, and the store's own if it simulates the provider."""
        inside = [service for service in self.app_tier.services.values() if service.boundary == "payment"]
        verifying = any(service.verifies_tokens for service in inside)
        keys = (f"cognito-idp.{self.environment.region}.amazonaws.com",) if verifying else ()
        simulated = any(service.simulated_provider == "call" for service in inside)
        own = (self.dns.domain_name,) if simulated else ()
        return (*keys, *own, *self._hosts_called_by(inside))

    def _hosts_called_by(self, services: Iterable[Microservice]) -> tuple[str, ...]:
        """Hosts of the third parties that services call."""
        called = sorted({party for service in services for party in service.third_parties})
        return tuple(host for party in called for host in self.third_parties.parties[party].hosts)

    @property
    def open_edge(self) -> EdgeSettings:
        """The edge, whose pages may show maps where there is a key for them."""
        engine = self.location.engine
        if not isinstance(engine, LocationV2) or engine.maps_key is None:
            return self.edge
        headers = self.edge.headers.with_pictures_of(f"maps.geo.{self.environment.region}.amazonaws.com")
        return self.edge.model_copy(update={"headers": headers})

    @property
    def open_orders(self) -> OrdersSettings:
        """The hand-off of orders, without the account of an order management system that is switched off."""
        return self.orders if self.third_parties.orders_are_taken else self.orders.model_copy(update={"oms": None})

    @property
    def open_identity(self) -> IdentitySettings:
        """The user pool, without the clients of third parties that are switched off."""
        off = self.third_parties.off_machines
        machines = {name: client for name, client in self.identity.machines.items() if name not in off}
        return self.identity.model_copy(update={"machines": machines})

    @property
    def open_feeds(self) -> FeedsSettings:
        """The feeds, without the writers of third parties that are switched off."""
        off = self.third_parties.off_feeds
        streams = {
            name: stream.model_copy(update={"owners": ()}) if name in off else stream
            for name, stream in self.feeds.streams.items()
        }
        return self.feeds.model_copy(update={"streams": streams})


@cache
def settings_schema() -> dict[str, Any]:
    """JSON schema of all sections."""
    return StoreSettings.model_json_schema()
