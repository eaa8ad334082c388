"""What a member allowed a client: grants, codes, refresh families, access tokens."""
