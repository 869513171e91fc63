"""Departments' subscriptions: which events they follow, and their consumers on the bus."""
