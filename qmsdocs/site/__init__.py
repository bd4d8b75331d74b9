"""The site: documents as HTML, what changed between two revisions, and the pages that hold them; text in, text out."""
