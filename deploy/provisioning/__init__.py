"""What must exist before a service starts, wherever it runs: databases and roles, and who may do what on the bus."""
