"""API Gateway, REST APIs and what they share with HTTP APIs, a module for each kind of thing."""
