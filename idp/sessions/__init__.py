"""Browser sessions and the devices a member is known on."""
