"""The HTTP API: every rule previewed, applied, undone; the history as a feed; queries. For programs, with tokens."""
