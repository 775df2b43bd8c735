"""A venue in a process of its own, on this machine, with its own durable ledger: to try a desk on, and to test it."""
