"""Things to deliver after the act that caused them has committed."""
