"""What `penstock tca` and `penstock report` do."""
