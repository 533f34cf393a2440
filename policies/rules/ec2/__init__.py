"""EC2 and VPC, a module for each kind of thing."""
