"""The room of relying parties and keys: who uses them, what fails, secrets, rotation."""
