"""The screens, one module each: ``Main`` is the screen."""
