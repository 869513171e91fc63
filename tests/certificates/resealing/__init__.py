"""Specification of certificates.resealing."""
