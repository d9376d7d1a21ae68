"""Papers (PDF) and sheets (Excel), in and out."""
