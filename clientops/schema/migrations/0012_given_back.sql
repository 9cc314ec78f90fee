-- Credit that gives back money of an invoice counts against what that invoice may still give back.
alter table credit_entries add column gives_back_id bigint; -- Invoice whose money it gives back: a service that shrank or ended
