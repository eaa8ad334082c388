"""The telephone help desk: a member phones, and an operator helps without seeing the record.

A *case* is one call. The system chooses what the caller is asked, the operator types what she
hears and is told only whether it fits; what may come of it is policy (`helpdesk.toml`). Every step
is an event with the case's id, in the transaction of the step.

- `searching` finds whom a call is about, masked and limited; `cases` opens, asks and ends.
- `outcomes` tells, sends and explains; `calling_back` proves that the caller sits at the registered
  telephone; `acts` are what a second person decides, `plans` what happens after the cooling-off.
- Whatever touches a case holds its member first (`store.hold`): two calls about one member, two
  answers at once, a search beside a search are one after the other (CWE-362, CWE-367, CWE-799).
- A limit here counts telephone calls; no path leads from it to the member's own sign-in.
"""
