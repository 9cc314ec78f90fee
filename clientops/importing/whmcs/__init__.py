"""WHMCS: read it into a staging file, then import that as one operation."""
