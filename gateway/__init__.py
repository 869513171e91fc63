"""The only door: what comes from outside passes here, and nothing here is trusted inside. No database."""
