"""Questions that several services answer, asked of all at once and answered as one."""
