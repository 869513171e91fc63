"""Records: filed by the departments that hold them, or yielded by a case; corrected, never overwritten."""
