"""How fast it is, beside a hand-written floor in the same run. Timings are printed, never asserted."""
