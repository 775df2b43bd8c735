"""Which version this is: the one that reports and journals name."""

VERSION = "0.1.0"
