"""More than the provider can take: ten times the sign-ins, and hundreds of clients that stall."""
