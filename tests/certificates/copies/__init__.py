"""Specification of certificates.copies."""
