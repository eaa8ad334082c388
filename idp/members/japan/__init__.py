"""Japanese data: dates, text, telephone numbers, addresses, mail addresses. Pure functions."""
