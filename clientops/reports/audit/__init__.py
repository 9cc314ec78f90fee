"""The audit report: what can be proved of a book, who did what, and what deserves a look."""
