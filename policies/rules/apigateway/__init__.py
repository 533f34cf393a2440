"""API Gateway: methods, stages and domain names, mainly of REST APIs."""
