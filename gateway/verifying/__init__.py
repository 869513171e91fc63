"""The page to which the QR code of a certificate leads."""
