"""medreason."""
