"""Certificates as pages: typeset, sealed as PDF, with a QR code; and the way back from a file to its certificate."""
