"""All sections of a stack file together."""

from settings.base import Section
from settings.environment import EnvironmentSettings


class StoreSettings(Section):
    """Settings of one environment: each field is the section `web-store:<field>` of `Pulumi.<stack>.yaml`."""

    environment: EnvironmentSettings
