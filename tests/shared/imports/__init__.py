"""Imports, as every source has them."""
