"""E-mails about invoices and payments, queued by the rule that makes these."""

from __future__ import annotations

from datetime import datetime

from clientops.core.plan import Change
from clientops.rules.mail.queue import ADDRESSED, TEMPLATES, outbox_sql
from clientops.schema.tables import Steps


def queue_billing_mails(steps: Steps, template: str, *, now: datetime) -> tuple[Change, ...]:
    """Queue an e-mail for each row of the step ``mailed`` that somebody receives.

    Args:
        steps: With ``mailed``: ``place`` (their order, each once), ``id`` (of what it is about), ``client_id``.
        template: Name of the template, e.g. ``invoice-created``.
        now: When they are queued.

    Returns:
        The insert, or nothing where nobody is to be told.
    """
    if not steps.count("mailed"):
        return ()
    about = TEMPLATES[template]
    steps.add("mails", MAILS, template=template, category=about.category, subject_kind=about.subject_kind)
    steps.add("addressed", f"select * from ({ADDRESSED}) where sent_to is not null")
    steps.add("queued_mails", outbox_sql(steps.tables), now=now)
    return (steps.insert("communications", "queued_mails"),)


MAILS = """
    select place as "row", client_id, $template::varchar as template, $category::varchar as category,
        $subject_kind::varchar as subject_kind, id as subject_id
    from mailed
"""
