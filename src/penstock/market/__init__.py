"""Books, tape, volume curves, loaders: what is known of markets, recorded or live."""
