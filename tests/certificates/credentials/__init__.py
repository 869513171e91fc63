"""Specification of certificates.credentials."""
