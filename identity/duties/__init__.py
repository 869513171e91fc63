"""Standing duties (法定职责): published why a department may read evidence without a case, and their grants."""
