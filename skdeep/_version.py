"""The version of the package, for those of its modules that write or read files."""

__version__ = "0.1.0"
