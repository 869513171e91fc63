"""The floor: the same hops, rows, messages, signatures and fsyncs, by hand, with nothing in between.

It decides nothing and checks no rule; it is what the hardware and the protocols cost.
"""
