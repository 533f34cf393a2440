"""Names that the VPC asks its resolver for, where a DNS firewall answers listed ones only."""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network

from settings.images import PUBLIC_REGISTRY, in_ecr, registry_of

# Where the public gallery keeps layers of images
# (https://docs.aws.amazon.com/AmazonECR/latest/public/public-troubleshooting.html).
_PUBLIC_LAYERS = ".cloudfront.net"


def names_of_the_store(
    *, region: str, cidr_block: str, hosts: Iterable[str], images: Iterable[str], public_cache: bool
) -> tuple[str, ...]:
    """Names beside those of the payment provider, each with a dot before it where all below are meant.

    Args:
        hosts: Host names of the store, and of sign-in pages elsewhere; its own sign-in pages and API are below the
            first.
        images: Container images of all tasks.
    """
    # Zones of AWS have no servers of anybody else: nothing that is asked below them leaves AWS. Endpoints, caches,
    # brokers, files and load balancers are there.
    found = {".amazonaws.com", ".ec2.internal" if region == "us-east-1" else f".{region}.compute.internal"}
    found |= {f".{host}" for host in hosts}
    found.add(_reverse(cidr_block))
    return tuple(sorted(found | set(_registries(images, public_cache))))


def _reverse(cidr_block: str) -> str:
    """Zone of the VPC's own addresses."""
    first, second, *_ = str(IPv4Network(cidr_block).network_address).split(".")
    return f".{second}.{first}.in-addr.arpa"


def _registries(images: Iterable[str], public_cache: bool) -> Iterator[str]:
    for image in images:
        registry = registry_of(image)
        if in_ecr(image) or (registry == PUBLIC_REGISTRY and public_cache):
            continue
        yield registry
        if registry == PUBLIC_REGISTRY:
            yield _PUBLIC_LAYERS


def patterns(names: Iterable[str]) -> list[str]:
    """As DNS Firewall writes them: a wildcard stands for all below, and not for the name itself
    (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-dns-firewall-domain-lists.html)."""
    found = {name.removeprefix(".") for name in names} | {f"*{name}" for name in names if name.startswith(".")}
    return sorted(found)
