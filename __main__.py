"""The web store of one environment: the architecture diagram, box by box, each after the boxes that it reads."""

import pulumi

from changes.guard import Guard
from components.api import Api
from components.app_tier import AppTier
from components.app_tier.identity_triggers import IdentityTriggers
from components.backup import Backup
from components.blocks.origin_secret import OriginSecret
from components.budget import Budget
from components.chat import Chat
from components.dashboards import Dashboards
from components.data import Data
from components.dns import Dns
from components.edge import Edge
from components.encryption import Encryption
from components.engagement import Engagement
from components.events import Events
from components.feeds import Feeds
from components.foundation import Foundation
from components.fraud import Fraud
from components.identity import Identity
from components.identity.sign_in import SignIn
from components.images import Images
from components.location import Location
from components.media import Media
from components.network import Network
from components.observability import Observability
from components.orders import Orders
from components.personalization import Personalization
from components.registration import leave_out_collections
from components.search import Search
from components.shared_files import SharedFiles
from components.store import Store
from components.web_tier import WebTier
from contract import publish
from promotion import proven_images
from settings import load_secret, load_settings

leave_out_collections()
settings = load_settings()
environment = settings.environment
guard = Guard(environment, settings=settings)
proven = proven_images(settings)

# Foundations: account, keys, alarms and logs, network, names, container images.
store = Store("store", settings=environment)
encryption = Encryption(
    "encryption", settings=settings.encryption, environment=environment, feeds=settings.open_feeds, opts=store.inside
)
observability = Observability(
    "observability", settings=settings.observability, environment=environment, keys=encryption, opts=store.inside
)
foundation = Foundation.of(
    settings, inside=store.inside, keys=encryption, receivers=observability, is_preview=pulumi.runtime.is_dry_run()
)
network = Network("network", settings=settings.network, foundation=foundation, needs=settings.network_needs)
dns = Dns("dns", settings=settings.dns, foundation=foundation)
images = Images("images", settings=settings.images, used=settings.used_images, proven=proven, foundation=foundation)

# Point 3: media and static assets.
media = Media("media", settings=settings.media, foundation=foundation)

# Point 7: tables and caches of the services.
data = Data("data", settings=settings.data, foundation=foundation, network=network)

# Points 8 and 13: the event bus, and third parties that receive events.
events = Events("events", settings=settings.events, foundation=foundation, parties=settings.third_parties)

# Point 9: files of the web and the application tier.
files = SharedFiles("files", settings=settings.shared_files, foundation=foundation, network=network)

# Point 10: search, scoring of payments, maps, recommendations, the chat bot; messages follow the user pool.
search = Search("search", settings=settings.search, foundation=foundation, network=network)
fraud = Fraud("fraud", settings=settings.fraud, foundation=foundation)
location = Location("location", settings=settings.location, foundation=foundation, dns=dns)
personalization = Personalization("personalization", settings=settings.personalization, foundation=foundation)
chat = Chat("chat", settings=settings.chat, foundation=foundation, data=data)

# Point 11: the queue of orders for the Order Management System.
orders = Orders("orders", settings=settings.open_orders, foundation=foundation, parties=settings.third_parties)

# Point 12: feeds from the product information management and the supply chain.
feeds = Feeds("feeds", settings=settings.open_feeds, foundation=foundation, network=network)

# Point 2: customers and their sign-in, after the services that the user pool invokes.
triggers = IdentityTriggers("triggers", settings=settings.app_tier, foundation=foundation, owners=store.boxes)
identity = Identity(
    "identity",
    settings=settings.open_identity,
    foundation=foundation,
    dns=dns,
    network=network,
    triggers=triggers.triggers,
    service_scopes=settings.app_tier.scopes,
)
engagement = Engagement(
    "engagement", settings=settings.engagement, foundation=foundation, identity=identity, contacts=settings.contacts
)

# Point 7: the microservices, and the boxes that own what services use (`Use.owner`).
owners = {**store.boxes, "third_parties": settings.third_parties, "checkout": settings.checkout}
app = AppTier("app", settings=settings.app_tier, foundation=foundation, network=network, dns=dns, owners=owners)
search.follow(data.products)

# Point 5: the services as a REST API.
api = Api("api", settings=settings.api, foundation=foundation, network=network, identity=identity, app=app, dns=dns)
orders.allow_oms_calls(api)
fraud.allow_reviews(api)

# Points 4 and 6: load balancer, user interface, its cache and tables.
edge_settings = settings.open_edge
secret = OriginSecret.for_origin(edge_settings.origin, load_secret)
web = WebTier(
    "web",
    settings=settings.web_tier,
    foundation=foundation,
    network=network,
    images=images,
    files=files,
    dns=dns,
    identity=identity,
    api=api,
    origin_secret=secret,
    probe_path=edge_settings.probe_path,
)

# Point 1: the edge, in front of all origins.
edge = Edge(
    "edge", settings=edge_settings, foundation=foundation, dns=dns, media=media, web=web, api=api, origin_secret=secret
)
SignIn("sign-in", settings=settings.identity, foundation=foundation, identity=identity, dns=dns, above=edge)

# Recovery points, costs, and dashboards of all alarms.
backup = Backup(
    "backup",
    settings=settings.backup,
    foundation=foundation,
    table_arns=[*data.backup_table_arns, *fraud.backup_table_arns, web.flags_table_arn],
    file_system_arns=[files.file_system_arn],
    bucket_arns=[media.bucket_arn],
)
Budget("budget", settings=settings.budget, foundation=foundation)
if settings.observability.dashboards:
    Dashboards("dashboards", boxes=store.boxes.values(), foundation=foundation)

publish(environment, store.boxes)
pulumi.run(guard.run)
