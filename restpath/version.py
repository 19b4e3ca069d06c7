"""The version of this package, for messages and the User-Agent field."""

__all__ = ["__version__"]

__version__ = "0.1.0"
