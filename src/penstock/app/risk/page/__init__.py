"""The stress report as one page for people: charts set by hand, nothing fetched."""
