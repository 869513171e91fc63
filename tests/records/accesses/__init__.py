"""Specification of records.accesses."""
