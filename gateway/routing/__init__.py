"""Which service answers which path."""
