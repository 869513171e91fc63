"""Annotated copies (加注件): a certificate to be shown for one purpose and for a time, and marked with both."""
