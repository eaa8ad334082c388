"""A sign-in in progress and the factors it asks for."""
