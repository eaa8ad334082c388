"""The SQL side of the audit log: record, seal, export."""
