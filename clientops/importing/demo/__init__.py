"""The demo book: a made-up business of any size, with the flaws that real books have."""
