"""The web store of one environment: the architecture diagram, box by box, each after those that it builds on.

A box takes its section of the stack file and what other boxes publish.
"""

import asyncio
import atexit
import gc

import pulumi

from components.api import Api
from components.app_tier import AppTier
from components.backup import Backup
from components.blocks.load_balancer import OriginSecret
from components.budget import Budget
from components.dashboards import Dashboards
from components.data import Data
from components.dns import Dns
from components.edge import Edge
from components.encryption import Encryption
from components.events import Events
from components.feeds import Feeds
from components.identity import Identity
from components.identity.sign_in import SignIn
from components.media import Media
from components.network import Network
from components.observability import Observability
from components.orders import Orders
from components.shared_files import SharedFiles
from components.store import Store
from components.web_tier import WebTier
from contract import publish
from settings import load_secret, load_settings

# Registration makes many long-lived objects and then ends: without collections a preview takes a quarter less time, and
# frozen objects are not traversed when the interpreter ends.
gc.disable()
atexit.register(gc.freeze)

settings = load_settings()
environment = settings.environment

# One box in few lines, so that the whole stays in sight.
# fmt: off

# Foundations: account, keys, alarms and logs, network, names.
store = Store("store", settings=environment, runbooks_url=settings.observability.runbooks_url)
encryption = Encryption("encryption", settings=settings.encryption, environment=environment, opts=store.inside)
observability = Observability(
    "observability", settings=settings.observability, environment=environment, logs_key_arn=encryption.logs_key_arn,
    edge_key_arn=encryption.edge_key_arn, opts=store.inside)
inside, alarm_topic_arn = store.inside, observability.alarm_topic_arn
edge_alarm_topic_arn, access_logs_bucket = observability.edge_alarm_topic_arn, observability.access_logs_bucket
network = Network(
    "network", settings=settings.network, environment=environment, logs_key_arn=encryption.logs_key_arn,
    payment_key_arn=encryption.payment_key_arn, alarm_topic_arn=alarm_topic_arn, opts=inside)
dns = Dns(
    "dns", settings=settings.dns, environment=environment, edge_key_arn=encryption.edge_key_arn,
    alarm_topic_arn=alarm_topic_arn, edge_alarm_topic_arn=edge_alarm_topic_arn, opts=inside)

# Point 3: media and static assets.
media = Media(
    "media", settings=settings.media, environment=environment, key_arn=encryption.media_key_arn,
    access_logs_bucket=access_logs_bucket, opts=inside)

# Point 7: what the services read and write.
data = Data(
    "data", settings=settings.data, environment=environment, network=network,
    customer_key_arn=encryption.customer_key_arn, payment_key_arn=encryption.payment_key_arn,
    logs_key_arn=encryption.logs_key_arn, alarm_topic_arn=alarm_topic_arn, opts=inside)

# Point 8: what happens, and who is told.
events = Events(
    "events", settings=settings.events, environment=environment, customer_key_arn=encryption.customer_key_arn,
    secrets_key_arn=encryption.secrets_key_arn, logs_key_arn=encryption.logs_key_arn, alarm_topic_arn=alarm_topic_arn,
    opts=inside)

# Point 9: files that both tiers share.
files = SharedFiles(
    "files", settings=settings.shared_files, environment=environment, network=network, key_arn=encryption.media_key_arn,
    alarm_topic_arn=alarm_topic_arn, opts=inside)

# Point 11: orders on their way to the Order Management System.
orders = Orders(
    "orders", settings=settings.orders, environment=environment, key_arn=encryption.customer_key_arn,
    alarm_topic_arn=alarm_topic_arn, opts=inside)

# Point 12: feeds from the product information management and the supply chain.
feeds = Feeds(
    "feeds", settings=settings.feeds, environment=environment, network=network, key_arn=encryption.customer_key_arn,
    logs_key_arn=encryption.logs_key_arn, alarm_topic_arn=alarm_topic_arn, opts=inside)

# Point 7: the microservices.
app_tier = AppTier(
    "app", settings=settings.app_tier, tracing=settings.tracing, environment=environment, network=network,
    encryption=encryption, data=data, events=events, orders=orders, feeds=feeds, files=files,
    certificate_arn=dns.regional_certificate_arn, access_logs_bucket=access_logs_bucket,
    alarm_topic_arn=alarm_topic_arn, opts=inside)

# Point 2: who customers are.
identity = Identity(
    "identity", settings=settings.identity, environment=environment, host_names=dns.host_names,
    logs_key_arn=encryption.logs_key_arn, secrets_key_arn=encryption.secrets_key_arn, alarm_topic_arn=alarm_topic_arn,
    triggers=app_tier.triggers, service_scopes=settings.app_tier.scopes, opts=inside)

# Point 5: the services as a REST API.
api = Api(
    "api", settings=settings.api, services=settings.app_tier.services, network=network, identity=identity, app=app_tier,
    dns=dns, host_name=settings.dns.domain_name, logs_key_arn=encryption.logs_key_arn, alarm_topic_arn=alarm_topic_arn,
    opts=inside)
orders.let_oms_call(api.grant_invoke)

# Points 4 and 6: load balancer, user interface, its cache and tables.
origin_secret = OriginSecret.wanted_by(settings.edge.origin, load_secret)
web_tier = WebTier(
    "web", settings=settings.web_tier, tracing=settings.tracing, environment=environment, network=network, files=files,
    domain_name=settings.dns.domain_name, certificate_arn=dns.regional_certificate_arn, origin_secret=origin_secret,
    customer_key_arn=encryption.customer_key_arn, logs_key_arn=encryption.logs_key_arn,
    secrets_key_arn=encryption.secrets_key_arn, access_logs_bucket=access_logs_bucket, alarm_topic_arn=alarm_topic_arn,
    opts=inside)

# Point 1: what customers meet first, in front of all origins.
edge = Edge(
    "edge", settings=settings.edge, environment=environment, dns=dns, media=media, web=web_tier,
    edge_key_arn=encryption.edge_key_arn, access_logs_bucket=access_logs_bucket,
    edge_alarm_topic_arn=edge_alarm_topic_arn, origin_secret=origin_secret.value if origin_secret else None,
    api_domain_name=api.domain_name, api_key=api.edge_key, opts=inside)

sign_in = SignIn(
    "sign-in", settings=settings.identity, environment=environment, identity=identity, dns=dns, parent_domain=edge,
    edge_alarm_topic_arn=edge_alarm_topic_arn, opts=inside)

# Care for all of it: recovery points, costs, and what the alarms look at.
backup = Backup(
    "backup", settings=settings.backup, environment=environment,
    table_arns=[*data.backup_table_arns, web_tier.flags_table_arn], file_system_arns=[files.file_system_arn],
    bucket_arns=[media.bucket_arn], alarm_topic_arn=alarm_topic_arn, opts=inside)
Budget(
    "budget", settings=settings.budget, environment=environment, edge_alarm_topic_arn=edge_alarm_topic_arn, opts=inside)
if settings.observability.dashboards:
    tiers = {
        "edge": [dns, edge], "identity": [identity, sign_in], "web": [web_tier], "data": [data, files],
        "events": [events], "app": [app_tier, api], "orders": [orders, feeds], "platform": [network, backup],
    }
    Dashboards("dashboards", tiers=tiers, environment=environment, opts=inside)

publish(
    environment=environment, encryption=encryption, observability=observability, network=network, dns=dns,
    identity=identity, media=media, data=data, events=events, files=files, orders=orders, feeds=feeds, app=app_tier,
    api=api, web=web_tier, edge=edge, backup=backup)
# fmt: on


async def begin_registrations() -> None:
    """One turn of the event loop starts every registration before the SDK waits for them.

    Without it the SDK finds none under way, and waits for all outputs anew each time that one of them is known.
    """
    await asyncio.sleep(0)


pulumi.run(begin_registrations)
