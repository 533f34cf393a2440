"""Every rule between settings."""

from settings.api_relations import API
from settings.app_tier.relations import APP_TIER
from settings.production import PRODUCTION
from settings.relations import RELATIONS, Relation

RULES: tuple[Relation, ...] = (*RELATIONS, *APP_TIER, *API, *PRODUCTION)
