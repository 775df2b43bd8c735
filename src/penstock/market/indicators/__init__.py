"""What is measured of a market: spread, depth, volatility, volume, trade signs, price impact, toxicity, regime.

Pure functions over arrays. Prices are floats in currency or in ticks, sizes in any one unit; times are ns.
"""
