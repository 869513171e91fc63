"""Specification of records.evidence."""
