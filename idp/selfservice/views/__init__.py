"""The pages of a signed-in member, and those on the way to becoming one."""
