"""Who may act for whom, as a statement that other services verify offline."""
