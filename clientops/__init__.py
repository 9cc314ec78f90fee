"""A workbench for client accounts where nothing changes unseen."""

__version__ = "0.1.0"
