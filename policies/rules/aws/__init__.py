"""All services: tags, Regions, resource policies, protection of stateful resources."""
