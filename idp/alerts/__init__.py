"""Alerts: what somebody must be told of now, recognised from the log and the clocks."""
