"""How a member signs in: address, password, standing of the account."""
