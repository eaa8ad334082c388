"""What the published FAQ promises members, told as stories that people walk through."""
