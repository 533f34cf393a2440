"""Delegation, against a name server of our own on 127.0.0.1."""

import socketserver
import threading
from collections.abc import Iterator
from typing import Any, ClassVar

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest

from tests.doctor.cloud import Cloud, Refused, findings, program

_ZONE = "dev.store.example.com"
_SERVERS = ["ns-1.awsdns-01.org", "ns-2.awsdns-02.com"]


class _Server(socketserver.BaseRequestHandler):
    told: ClassVar[list[str]] = []
    mute = False

    def handle(self) -> None:
        data, socket = self.request
        answer = dns.message.make_response(dns.message.from_wire(data))
        answer.flags |= dns.flags.RA
        if _Server.told:
            answer.answer.append(dns.rrset.from_text(f"{_ZONE}.", 300, "IN", "NS", *(f"{n}." for n in _Server.told)))
        else:
            answer.set_rcode(dns.rcode.SERVFAIL if _Server.mute else dns.rcode.NXDOMAIN)
        socket.sendto(answer.to_wire(), self.client_address)


@pytest.fixture(autouse=True)
def _resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = socketserver.ThreadingUDPServer(("127.0.0.1", 0), _Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], server.server_address[1]
    monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
    _Server.told, _Server.mute = [], False
    yield
    server.shutdown()
    server.server_close()


def _hosted(*names: str) -> Cloud:
    """An account with these public zones."""
    zones = [
        {"Id": f"/hostedzone/Z{n}", "Name": f"{name}.", "CallerReference": "x", "Config": {"PrivateZone": False}}
        for n, name in enumerate(names)
    ]

    def listed(given: dict[str, Any]) -> dict[str, Any]:
        found = [zone for zone in zones if zone["Name"] >= f"{given['DNSName']}."]
        return {"HostedZones": found, "IsTruncated": False, "MaxItems": "100"}

    def one(given: dict[str, Any]) -> dict[str, Any]:
        for zone in zones:
            if zone["Id"].endswith(f"/{given['Id']}"):
                return {"HostedZone": zone, "DelegationSet": {"NameServers": _SERVERS}}
        raise Refused("NoSuchHostedZone", 404)

    return Cloud({("route53", "ListHostedZonesByName"): listed, ("route53", "GetHostedZone"): one})


def _adopting(config: dict[str, Any]) -> None:
    config["web-store:dns"]["zone"] = {"kind": "adopt", "name": _ZONE, "zone_id": "Z0"}


def test_a_zone_that_the_update_makes_is_delegated_while_it_runs() -> None:
    (found,) = findings("delegation", program(), _hosted())
    assert (found.subject, found.status.name) == (_ZONE, "LATER")
    assert "NS records of dev.store.example.com into the zone store.example.com" in found.mend


@pytest.mark.parametrize("change", [_adopting, lambda _: None])
def test_a_delegated_zone_is_well(change: Any) -> None:
    _Server.told = list(reversed(_SERVERS))
    (found,) = findings("delegation", program(change=change), _hosted(_ZONE))
    assert found.status.name == "OK"


@pytest.mark.parametrize("told", [[], ["ns-9.awsdns-09.net"]])
def test_a_zone_without_its_own_servers_at_the_parent_is_told_with_the_record(told: list[str]) -> None:
    _Server.told = told
    (found,) = findings("delegation", program(change=_adopting), _hosted(_ZONE))
    assert found.status.name == "MISSING"
    assert "dev.store.example.com. 3600 IN NS ns-1.awsdns-01.org." in found.mend


def test_a_parent_in_the_same_account_is_mended_by_one_command() -> None:
    (found,) = findings("delegation", program(change=_adopting), _hosted(_ZONE, "store.example.com"))
    assert found.mend.startswith("aws route53 change-resource-record-sets --hosted-zone-id Z1 ")
    assert "{Value=ns-1.awsdns-01.org.},{Value=ns-2.awsdns-02.com.}" in found.mend


@pytest.mark.parametrize("cloud", [_hosted(), _hosted("other.example.com")])
def test_an_adopted_zone_must_be_there_under_its_name(cloud: Cloud) -> None:
    (found,) = findings("delegation", program(change=_adopting), cloud)
    assert found.status.name == "MISSING"
    assert found.mend.startswith("aws route53 list-hosted-zones-by-name")


def test_a_name_server_that_fails_proves_nothing() -> None:
    _Server.mute = True
    (found,) = findings("delegation", program(change=_adopting), _hosted(_ZONE))
    assert found.status.name == "UNSEEN"
