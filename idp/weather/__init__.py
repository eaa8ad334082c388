"""Attack weather: what the recorded attempts look like. It informs, and blocks nobody."""
