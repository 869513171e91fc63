"""Ten thousand changes to each form in which a certificate is shown: none is believed, and nothing genuine refused."""
