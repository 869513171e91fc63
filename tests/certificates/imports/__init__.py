"""Certificates from before go-live."""
