"""Checks what always holds of the data: every room declares its rules, here they are run."""
