"""A recorded market summed up for looking at: its price, spread, volume, sizes, arrivals and book over time."""
