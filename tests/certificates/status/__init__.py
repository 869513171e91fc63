"""Specification of certificates.status."""
