"""What many tests share: a running demo, real servers, a scripted relying party."""
