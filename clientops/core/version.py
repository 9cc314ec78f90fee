"""The version of clientops."""

VERSION = "0.2.0"
