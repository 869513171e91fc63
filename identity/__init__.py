"""Who is who, who may act for whom, and the tokens that say so. Nobody else stores an identity number."""
