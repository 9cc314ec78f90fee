"""Clients that plainly look alike, and those merged before."""

from __future__ import annotations

from clientops.reports.labels import party_sql
from clientops.reports.listing import Listing, Shown
from clientops.reports.listings import NUMBER

SAME_ADDRESS = Listing(
    "same-address",
    "clients that share an e-mail address",
    f"""
        select t.id, lower(t.email) as email, {party_sql("t")} as client, t.city, t.phone, t.status, t.created_on
        from clients t
        semi join (select lower(email) as email from clients where email <> '' group by 1 having count(*) > 1) shared
            on shared.email = lower(t.email)
    """,
    (NUMBER, Shown("email", "E-mail"), Shown("client", "Client"), Shown("city", "City"), Shown("phone", "Phone"), Shown("status", "Status", "badge"),
     Shown("created_on", "Since", "date")),
    "email, id",
    "No two clients share an e-mail address",
)  # fmt: skip

MERGED = Listing(
    "merged-clients",
    "merged clients",
    f"""
        select m.id, m.replaced_id, {party_sql("c")} as survivor, m.survivor_id, m.merged_on
        from merged_clients m left join clients c on c.id = m.survivor_id
    """,
    (Shown("replaced_id", "Old number", "number"), Shown("survivor_id", "Number now", "number"), Shown("survivor", "Client"), Shown("merged_on", "Merged", "date")),
    "id desc",
    "No clients have been merged yet",
)  # fmt: skip
