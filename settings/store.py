"""All sections of a stack file together."""

from settings.base import Section
from settings.dns import DnsSettings
from settings.edge import EdgeSettings
from settings.encryption import EncryptionSettings
from settings.environment import EnvironmentSettings
from settings.media import MediaSettings
from settings.network import NetworkSettings
from settings.observability import ObservabilitySettings

SECRETS = {"origin_secret": "Value of the header by which the load balancer knows CloudFront (`edge.origin`)."}
"""Encrypted keys beside the sections, `web-store:<name>`; the program gets them as secret outputs only."""


class StoreSettings(Section):
    """Settings of one environment: each field is the section `web-store:<field>` of `Pulumi.<stack>.yaml`.

    Rules between sections are in `settings.relations`; `settings.load_settings` applies both.
    """

    environment: EnvironmentSettings
    network: NetworkSettings
    encryption: EncryptionSettings = EncryptionSettings()
    observability: ObservabilitySettings = ObservabilitySettings()
    dns: DnsSettings
    media: MediaSettings = MediaSettings()
    edge: EdgeSettings
