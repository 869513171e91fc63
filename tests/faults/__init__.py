"""Everything that can be killed is killed, under load; then a checker that shares no code counts what became of it."""
