"""Departments' subscriptions, and who is let onto the bus."""
