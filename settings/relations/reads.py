"""Settings that several rules read."""

from collections.abc import Mapping
from typing import Annotated

from settings.app_tier.microservice import Microservice
from settings.backup import BackupPlan, NoBackup
from settings.branches import Branch
from settings.checkout import Deliveries, TaxSettings
from settings.clients import MachineClient
from settings.data import TablesSettings
from settings.feeds import Kinesis, MskProvisioned, MskServerless, Stream
from settings.network import PaymentEgress
from settings.orders import OmsAccount
from settings.relations.relation import Reads
from settings.search import NoSearch, OpenSearchDomain, OpenSearchServerless
from settings.service import ServiceSettings
from settings.third_parties import ThirdParty

Profile = Annotated[str, Reads("environment.profile")]
Region = Annotated[str, Reads("environment.region")]
Account = Annotated[str, Reads("environment.account_id")]
Protect = Annotated[bool, Reads("environment.protect")]
Zones = Annotated[tuple[str, ...], Reads("network.zones")]
Nat = Annotated[str, Reads("network.nat")]
Endpoints = Annotated[tuple[str, ...] | None, Reads("network.interface_endpoints")]
Machines = Annotated[Mapping[str, MachineClient], Reads("identity.machines")]
Egress = Annotated[PaymentEgress, Reads("network.payment_egress")]
DomainName = Annotated[str, Reads("dns.domain_name")]
AlternativeNames = Annotated[tuple[str, ...], Reads("dns.alternative_names")]
Tables = Annotated[TablesSettings, Reads("data.tables")]
Services = Annotated[Mapping[str, Microservice], Reads("app_tier.services")]
Scopes = Annotated[Mapping[str, str], Reads("identity.scopes")]
Retired = Annotated[tuple[str, ...], Reads("api.retired")]
Engine = Annotated[MskProvisioned | MskServerless | Kinesis, Reads("feeds.engine")]
SearchEngine = Annotated[OpenSearchDomain | OpenSearchServerless | NoSearch, Reads("search.engine")]
Plan = Annotated[BackupPlan | NoBackup, Reads("backup.plan")]
ThirdParties = Annotated[Mapping[str, ThirdParty], Reads("third_parties.parties")]
Tax = Annotated[TaxSettings, Reads("checkout.tax")]
Stores = Annotated[Mapping[str, Branch], Reads("location.stores")]
OwnDeliveries = Annotated[Deliveries, Reads("checkout.deliveries")]
Streams = Annotated[Mapping[str, Stream], Reads("feeds.streams")]
Oms = Annotated[OmsAccount | None, Reads("orders.oms")]
CollectorImage = Annotated[str, Reads("tracing.collector_image")]
WebService = Annotated[ServiceSettings, Reads("web_tier.service")]
Traced = Annotated[bool, Reads("tracing.enabled")]
PublicCache = Annotated[bool, Reads("images.public_cache")]
