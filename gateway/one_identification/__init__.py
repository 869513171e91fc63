"""One identification: who is asking, and for whom may they ask. The rest is licensing's."""
