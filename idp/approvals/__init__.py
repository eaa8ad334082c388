"""Four eyes: acts of the staff that wait for a second person.

An act is declared once, as an `Act`: what it would change is shown, hashed and kept, and it is done
in the transaction of the second person's decision, or not at all. Pages and the admin API send all
such acts through `Approvals.submit`; what needs a second person, and from what size on, is policy
(`approvals.toml`), so nobody who writes a page has to remember it.
"""
