"""All services: tags, Regions, resource policies, protection of what holds data."""
