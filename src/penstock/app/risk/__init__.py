"""What a risk manager touches: limits, what-ifs, stress reports, and the switches of a running desk."""
