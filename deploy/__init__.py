"""How OneVisit runs: one machine without containers, the command line, the library for departments.

May import every service; the library (`client/`) imports none.
"""
