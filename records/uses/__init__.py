"""Which department used which evidence for what, and what became of it: who used it is told when it no longer holds."""
