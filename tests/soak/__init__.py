"""People at work for some minutes, run by `make soak`; no test depends on it."""
