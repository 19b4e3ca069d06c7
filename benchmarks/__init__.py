"""How long things take, against what else there is: `make bench`. See `__main__` for how it measures."""
