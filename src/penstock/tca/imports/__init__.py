"""Other people's files: fills, orders and markets in CSV or Parquet, under the names that they happen to have."""
