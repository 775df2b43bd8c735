"""Paper trading: simulated venues in the desk's own process, on a market that moves with the desk's clock."""
