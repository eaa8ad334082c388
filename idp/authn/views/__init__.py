"""The pages of a sign-in, one module per question."""
