"""Change requests: what a member asks to have changed in the register, and what came of it."""
