"""The pre-trade page: charts and tables in one file that needs no network."""
