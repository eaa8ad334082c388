"""What a member agreed to share with a client, remembered."""
