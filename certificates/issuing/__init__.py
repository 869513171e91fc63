"""From a decided case to a certificate, and what happens to a certificate afterwards."""
