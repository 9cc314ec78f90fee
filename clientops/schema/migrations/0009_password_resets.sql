-- A link for a user who forgot the password is made, kept and ended as an invitation is, but for a shorter time.
alter table invitations add column is_reset boolean; -- Whether it is for a forgotten password; empty: an invitation
-- Books that were made before do not say it yet.
comment on column communications.subject_kind is 'What it is about: invoice, transaction, credit entry or user; empty: the client';
