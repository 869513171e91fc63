"""Specification of the records service."""
