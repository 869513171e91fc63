"""How OneVisit runs: one machine without containers, compose, the command line. May import every service."""
