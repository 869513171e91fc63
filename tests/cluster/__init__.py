"""The servers of deploy/cluster under load: two of their machines die, and what was acknowledged is counted."""
