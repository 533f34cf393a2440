"""API Gateway: methods, stages and domain names, of REST APIs first of all."""
