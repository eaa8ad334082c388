"""Measures the provider: what one operation costs, beside a floor taken in the same run."""
