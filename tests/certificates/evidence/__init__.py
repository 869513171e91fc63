"""Specification of certificates.evidence."""
