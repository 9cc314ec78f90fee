"""Measurements, each as a ratio to plain SQL in the same run; see ``make bench``."""
