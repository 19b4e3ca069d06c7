"""`python -m restpath` is the command line."""

from restpath.cli.main import entry

if __name__ == "__main__":
    entry()
