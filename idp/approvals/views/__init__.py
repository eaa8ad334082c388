"""Pages of approvals, and what rooms need for acts of two persons."""
