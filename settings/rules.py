"""Every rule between settings."""

from settings.api_relations import API
from settings.production import PRODUCTION
from settings.relations import RELATIONS, Relation

RULES: tuple[Relation, ...] = (*RELATIONS, *API, *PRODUCTION)
