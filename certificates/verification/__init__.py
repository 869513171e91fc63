"""Is this genuine and in force: offline from the document, online from the register."""
