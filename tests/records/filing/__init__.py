"""Specification of records.filing."""
