"""Stored against derived figures: relations in, differences out."""
