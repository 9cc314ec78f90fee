-- What a mail in the outbox is about, so that it can be written when it is sent.
alter table communications add column subject_kind varchar; -- What it is about: invoice, transaction, credit entry or user; empty: the client
alter table communications add column subject_id bigint; -- Number of that
