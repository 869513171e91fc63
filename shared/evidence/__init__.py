"""Reading evidence: one door for every source. A grant says why, a sharing rule says what, an access says who did."""
