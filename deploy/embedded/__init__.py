"""The whole platform on one machine: a real PostgreSQL and NATS from wheels, one process per service, loopback only."""
