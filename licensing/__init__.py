"""Licensing: what can be applied for, and every application."""
