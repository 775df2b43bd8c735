"""Impact and cost models, pre-trade estimates."""
