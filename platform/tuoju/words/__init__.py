"""Codes and facts into words: languages, labels, reasons, sentences. Knows no HTTP."""
