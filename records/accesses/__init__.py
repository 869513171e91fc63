"""Who looked at whose data, and why: for the party to see (查询留痕)."""
