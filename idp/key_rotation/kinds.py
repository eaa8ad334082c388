"""Which secrets lie wrapped in rows: keys of persons, apps, mails, codes of unprinted letters, the
search index."""

from __future__ import annotations

from idp.audit_search import index as audit_index
from idp.audit_search import store as audit_terms
from idp.factors import store as factors
from idp.factors import totp
from idp.invitations import issuing
from idp.invitations import store as invitations
from idp.key_rotation.rows import RowSecrets
from idp.mails import promise
from idp.mails import store as mails
from idp.staff import factors as staff_factors
from idp.staff import store as staff
from idp.subjects import service as subjects
from idp.subjects import store as persons

AUDIT_INDEX = RowSecrets("audit index", audit_terms.WRAPPED, audit_index.context)
PERSON_KEYS = RowSecrets("person keys", persons.WRAPPED, subjects.context)
FACTOR_SECRETS = RowSecrets("factor secrets", factors.WRAPPED, totp.context)
STAFF_APPS = RowSecrets("staff apps", staff.APP_SECRETS, staff_factors.context)
STAFF_LINKS = RowSecrets("staff links", staff.ENROLMENT_SECRETS, staff_factors.context)
MAILS = RowSecrets("mails", mails.SEALED, lambda _: promise.CONTEXT)
LETTERS = RowSecrets("letters", invitations.WRAPPED, issuing.context, issuing.follow_master)
