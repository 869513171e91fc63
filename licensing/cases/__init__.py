"""The department's side of an application: one case for each item, its clocks and its result."""
