"""What a service may use, from what its entry declares."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.blocks.cache import PORT as CACHE_PORT
from components.blocks.dax import PORT as DAX_PORT
from components.blocks.fargate_service import Grant
from components.blocks.file_volume import FileVolume
from components.blocks.policy_document import Statement, policy_document
from components.blocks.security_group import SecurityGroup
from components.data import Data
from components.events import Events
from components.orders import Orders
from components.shared_files import PORT as FILES_PORT
from components.shared_files import SharedFiles
from settings.app_tier.microservice import DIRECT, Microservice
from settings.environment import EnvironmentSettings


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What services share, and the groups whose members may connect to it."""

    data: Data
    events: Events
    orders: Orders
    files: SharedFiles
    environment: EnvironmentSettings
    clients: Mapping[str, SecurityGroup]
    """Group of the clients of `cache`, `dax` and `files`, where any service uses it."""


@dataclass
class Reach:
    """Grants, variables, volumes and group memberships of one service."""

    grants: list[Grant] = field(default_factory=list)
    variables: dict[str, pulumi.Input[str]] = field(default_factory=dict)
    volumes: list[FileVolume] = field(default_factory=list)
    memberships: list[SecurityGroup] = field(default_factory=list)


CLIENT_PORTS = {"cache": CACHE_PORT, "dax": DAX_PORT, "files": FILES_PORT}


def clients_of(service: Microservice, data: Data) -> list[str]:
    """Stores inside the VPC that a service connects to."""
    used = {"cache": service.cache, "dax": service.dax and data.dax is not None, "files": service.files != "none"}
    return [label for label, wanted in used.items() if wanted]


def reach_of(name: str, service: Microservice, shared: Shared) -> Reach:
    """The variables are STORE_SERVICE, STORE_EVENT_SOURCE, STORE_<TABLE>_TABLE, STORE_BUS_NAME (with direct events),
    STORE_ORDERS_QUEUE_URL, STORE_CONTACT_LIST, STORE_DAX_ENDPOINT, STORE_CACHE_ENDPOINT, _PORT, _NAME and _USER."""
    reach = Reach()
    domain = service.domain or name
    reach.variables |= {"STORE_SERVICE": name, "STORE_EVENT_SOURCE": f"store.{domain}"}
    _tables(reach, service, shared.data)
    direct = sorted(event for event, way in service.emits.items() if way == DIRECT)
    if direct:
        reach.variables["STORE_BUS_NAME"] = shared.events.bus_name
        reach.grants.append(lambda role: shared.events.grant_emit(role, domain, direct))
    if service.orders != "none":
        reach.variables["STORE_ORDERS_QUEUE_URL"] = shared.orders.queue_url
        reach.grants.append(shared.orders.grant_send if service.orders == "send" else shared.orders.grant_receive)
    if service.contact_list is not None:
        reach.variables["STORE_CONTACT_LIST"] = service.contact_list
        reach.grants.append(_contacts(name, service.contact_list, shared.environment))
    if service.cache:
        cache = shared.data.cache
        reach.variables |= {
            "STORE_CACHE_ENDPOINT": cache.endpoint,
            "STORE_CACHE_PORT": str(CACHE_PORT),
            "STORE_CACHE_NAME": cache.cache_name,
            "STORE_CACHE_USER": cache.user_name,
        }
        reach.grants.append(cache.grant_connect)
    if service.files == "write":
        reach.grants.append(shared.files.grant_write)
    elif service.files == "read":
        reach.grants.append(lambda role: shared.files.grant_read(role, "app"))
    if service.files != "none":
        reach.volumes.append(shared.files.volume("app"))
    reach.memberships += [shared.clients[label] for label in clients_of(service, shared.data)]
    return reach


def _tables(reach: Reach, service: Microservice, data: Data) -> None:
    for table_name, access in sorted(service.tables.items()):
        table = data.table(table_name)
        reach.variables[f"STORE_{table_name.upper().replace('-', '_')}_TABLE"] = table.table_name
        reach.grants.append(
            {"read": table.grant_read, "scan": table.grant_scan, "write": table.grant_read_write}[access]
        )
    if service.dax and data.dax is not None:
        reach.variables["STORE_DAX_ENDPOINT"] = data.dax.endpoint
        reach.grants.append(data.dax.grant_read)


def _contacts(name: str, contact_list: str, environment: EnvironmentSettings) -> Grant:
    arn = f"arn:aws:ses:{environment.region}:{environment.account_id}:contact-list/{contact_list}"

    def grant(role: aws.iam.Role) -> aws.iam.RolePolicy:
        return aws.iam.RolePolicy(
            f"app-{name}-contacts",
            role=role.name,
            policy=policy_document(
                # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html
                Statement(
                    sid="Contacts",
                    actions=["ses:CreateContact", "ses:DeleteContact", "ses:GetContact", "ses:UpdateContact"],
                    resources=[arn],
                )
            ),
            opts=pulumi.ResourceOptions(parent=role),
        )

    return grant
