-- Credit that gives back money of an invoice counts against what that invoice may still give back.
alter table credit_entries add column gives_back_id bigint; -- Invoice whose money it gives back: a service that shrank or ended
alter table credit_entries add column expires_on date; -- Last day on which credit that was given can be used; empty: it never expires
