-- Documents that correct an issued invoice: what is still owed falls, and the rest becomes account credit.
create table credit_notes (
    id bigint not null, -- Number of the credit note in the book
    number varchar, -- Number that is printed; empty: the id
    client_id bigint not null, -- Client who gets it
    invoice_id bigint, -- Invoice that it corrects; empty: none, it only gives credit
    issued_on date, -- Day
    reason varchar, -- Why, as printed
    subtotal decimal(18, 4) not null default 0, -- Amount without tax
    tax1 decimal(18, 4) not null default 0, -- First tax in it
    tax2 decimal(18, 4) not null default 0, -- Second tax in it
    total decimal(18, 4) not null default 0, -- Amount with tax
    applied decimal(18, 4) not null default 0, -- Part that reduced the invoice; the rest became account credit
    status varchar not null default 'Issued' check (status in ('Issued', 'Cancelled')), -- Status
    cancelled_on date, -- Day it was cancelled
);

-- A follow-up shows on the home screen until it is done.
alter table communications add column followed_up_on date; -- Day the follow-up was done
