"""Verdicts about drafts and applications, by subject. Pure."""
