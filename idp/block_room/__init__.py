"""The room of blocks and limits: what is blocked and why, the weather, the policy in force."""
