"""What services say to one another: published events, and the shapes of their few direct calls.

Change only by adding. Golden files under `tests/contracts/` hold every version ever released.
"""
