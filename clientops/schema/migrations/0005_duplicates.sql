-- Clients that look like one party, as the last search found them; whom they stand for now, merged_clients says.
create table duplicate_pairs (
    id bigint not null, -- Number of the finding
    left_id bigint not null, -- Client with the lower number, as of the search
    right_id bigint not null, -- Client with the higher number, as of the search
    score decimal(9, 4) not null, -- Evidence in bits: log2 of the odds that they are one party; 0 is as likely as not
    group_id bigint, -- Lowest client number of the group that holds both; empty: the evidence is too thin for a group
    group_score decimal(9, 4), -- Score of the weakest link that holds the group together
    why varchar, -- What speaks for one party, in words
    why_not varchar, -- What speaks against it, in words
    evidence varchar, -- Bits that each comparison adds, as JSON
    found_on date, -- Day of the search
);

-- What people decided about two clients that look like one party; it holds for their survivors, too.
create table duplicate_decisions (
    id bigint not null, -- Number of the decision
    left_id bigint not null, -- Client with the lower number, as of the decision
    right_id bigint not null, -- Client with the higher number, as of the decision
    decision varchar not null check (decision in ('same', 'different', 'later')), -- One party to be merged, two parties, or to be looked at again
    survivor_id bigint, -- Which of the two is to remain; empty: not said
    take_from_replaced varchar, -- Fields whose value is to be the other's, separated by spaces
    keep_as_contact boolean not null default false, -- Whether the other is to stay as a contact
    note varchar, -- Remark
    decided_by varchar, -- Who decided
    decided_at timestamptz not null, -- When
);

-- What each client is found by, as the last search for duplicates saw it: hashes of spellings, so that a new client is compared at once.
create table match_keys (
    id bigint not null, -- Client number
    email_key bigint, -- E-mail
    phone_key bigint, -- Phone number
    tax_key bigint, -- Tax number
    name_key bigint, -- Given name and surname, in either order
    address_key bigint, -- House, street and postcode
    company_key bigint, -- Company without legal form, and the person's surname
    surname_key bigint, -- Surname, postcode and the given name's initial
    given_key bigint, -- Given name, postcode and the surname's initial
);
