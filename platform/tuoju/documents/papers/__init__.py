"""Papers: every form of the office as a PDF, filled from the file or blank for the pen. Always in Chinese."""
