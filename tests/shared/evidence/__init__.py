"""Specification of shared.evidence."""
