"""Specification of records.uses."""
