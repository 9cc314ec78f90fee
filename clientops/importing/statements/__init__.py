"""Statements of banks and gateways: files of many formats in, statements with their lines out."""
