"""What the API offers, one module per noun; each uses the services that the pages use."""
