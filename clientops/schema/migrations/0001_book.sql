-- The tables of a book. The comment behind a column, and the one above a table, become COMMENT ON.
-- No keys and no list columns: see tests/test_engine_canaries.py for what they cost on this engine.

-- Settings of the business, one row a setting.
create table settings (
    id bigint not null, -- Number of the setting
    name varchar not null, -- Name, e.g. company_name, tax_mode
    value varchar, -- Value as text
);

-- Currencies that clients are billed in.
create table currencies (
    id bigint not null, -- Number of the currency
    code varchar not null check (regexp_full_match(code, '[A-Z]{3}')), -- ISO 4217 code, e.g. EUR
    prefix varchar, -- Shown before an amount
    suffix varchar, -- Shown after an amount
    rate decimal(18, 8) not null default 1 check (rate > 0), -- Units of this currency for one of the default currency
    is_default boolean not null default false, -- Whether prices are kept in this currency first
    minor_digits tinyint not null default 2 check (minor_digits between 0 and 4), -- Decimals of the minor unit: JPY 0, EUR 2, KWD 3
);

-- Groups of clients, e.g. resellers.
create table groups (
    id bigint not null, -- Number of the group
    name varchar not null, -- Name of the group
    colour varchar, -- Colour in lists, e.g. #c00
    discount_percent decimal(7, 4) not null default 0 check (discount_percent between 0 and 100), -- Discount on generated invoice items
    separate_invoices boolean not null default false, -- Whether each service gets an invoice of its own
);

-- Tax rates by country, state and level; the most specific one of a level applies.
create table tax_rates (
    id bigint not null, -- Number of the tax rate
    level tinyint not null default 1 check (level in (1, 2)), -- First or second tax of an invoice
    name varchar not null, -- Name on invoices, e.g. VAT
    country varchar, -- ISO 3166 code of the client's country; empty: any
    state varchar, -- State of the client; empty: any
    rate decimal(9, 4) not null default 0 check (rate between 0 and 100), -- Percent
);

-- Parties that buy from us and are billed.
create table clients (
    id bigint not null, -- Client number, as on invoices
    first_name varchar, -- Given name
    last_name varchar, -- Family name
    company_name varchar, -- Company; empty for a private person
    email varchar, -- Main e-mail address
    address1 varchar, -- Street and house number
    address2 varchar, -- Second address line
    city varchar, -- City
    state varchar, -- State, province or region
    postcode varchar, -- Postal code
    country varchar, -- ISO 3166 code of two letters, e.g. DE
    phone varchar, -- Phone number, E.164 where it could be read so
    tax_id varchar, -- VAT or other tax number
    is_tax_exempt boolean not null default false, -- Whether invoices carry no tax
    currency_id bigint not null, -- Currency of every invoice and credit of this client
    group_id bigint, -- Group of the client
    status varchar not null default 'Active' check (status in ('Active', 'Inactive', 'Closed')), -- Active and Inactive can log in, Closed cannot
    credit_balance decimal(18, 4) not null default 0, -- Account credit, usable for invoices
    auto_apply_credit boolean not null default true, -- Whether new invoices are offered the credit
    default_billing_contact_id bigint, -- Contact whose name and address invoices carry; empty: the client's own
    payment_method varchar, -- Usual way of paying, e.g. banktransfer
    language varchar, -- Language of e-mails, e.g. de
    separate_invoices boolean not null default false, -- Whether each service gets an invoice of its own
    overdue_notices boolean not null default true, -- Whether overdue notices are sent
    late_fees boolean not null default true, -- Whether late fees are charged
    auto_status boolean not null default true, -- Whether suggested statuses may change this client
    email_opt_out boolean not null default false, -- Whether marketing e-mail is refused
    email_verified boolean not null default false, -- Whether the e-mail address was confirmed
    admin_notes varchar, -- Remarks for staff
    created_on date, -- Day the client was added
    last_login_at timestamptz, -- Last time somebody logged in for this client
);

-- Persons of a client, without a bill of their own.
create table contacts (
    id bigint not null, -- Number of the contact
    client_id bigint not null, -- Client the contact belongs to
    first_name varchar, -- Given name
    last_name varchar, -- Family name
    company_name varchar, -- Company
    email varchar, -- E-mail address
    address1 varchar, -- Street and house number
    address2 varchar, -- Second address line
    city varchar, -- City
    state varchar, -- State, province or region
    postcode varchar, -- Postal code
    country varchar, -- ISO 3166 code of two letters
    phone varchar, -- Phone number, E.164 where it could be read so
    tax_id varchar, -- VAT or other tax number
    wants_general boolean not null default false, -- Receives general e-mails
    wants_invoice boolean not null default false, -- Receives invoice e-mails
    wants_support boolean not null default false, -- Receives support e-mails
    wants_product boolean not null default false, -- Receives product e-mails
    wants_domain boolean not null default false, -- Receives domain e-mails
    wants_affiliate boolean not null default false, -- Receives affiliate e-mails
    created_on date, -- Day the contact was added
);

-- Persons who log in; a user may serve several clients.
create table users (
    id bigint not null, -- Number of the user
    first_name varchar, -- Given name
    last_name varchar, -- Family name
    email varchar not null, -- E-mail address to log in with
    password_hash varchar, -- argon2 hash; empty: invited, no password yet
    language varchar, -- Language of the client area
    email_verified_at timestamptz, -- When the address was confirmed
    last_login_at timestamptz, -- Last log-in
    created_on date, -- Day the user was added
);

-- Which users may see which clients.
create table user_clients (
    id bigint not null, -- Number of the permission
    user_id bigint not null, -- User
    client_id bigint not null, -- Client the user may see
    is_owner boolean not null default false, -- Whether the user owns the client's account
    permissions varchar, -- What the user may do, separated by commas; empty: everything
);

-- The catalogue: what is sold.
create table products (
    id bigint not null, -- Number of the product
    group_name varchar, -- Group in the catalogue
    name varchar not null, -- Name
    kind varchar not null default 'hosting', -- hosting, reseller, server, other
    description varchar, -- What the client gets
    pay_kind varchar not null default 'recurring' check (pay_kind in ('free', 'one time', 'recurring')), -- How it is paid
    is_taxed boolean not null default true, -- Whether tax is charged on it
    is_hidden boolean not null default false, -- Not shown in the catalogue
    is_retired boolean not null default false, -- No longer sold
);

-- Prices of products, per currency and billing cycle.
create table product_prices (
    id bigint not null, -- Number of the price
    product_id bigint not null, -- Product
    currency_id bigint not null, -- Currency of the amounts
    billing_cycle varchar not null check (billing_cycle in ('free', 'one time', 'monthly', 'quarterly', 'semi-annually', 'annually', 'biennially', 'triennially')), -- Billing cycle
    setup_fee decimal(18, 4) not null default 0, -- Charged once
    amount decimal(18, 4) not null default 0, -- Charged each cycle
);

-- Servers that hosting accounts live on.
create table servers (
    id bigint not null, -- Number of the server
    name varchar not null, -- Name
    hostname varchar, -- Host name
    ip_address varchar, -- Main address
);

-- Hosting accounts and other services that run on.
create table services (
    id bigint not null, -- Number of the service
    client_id bigint not null, -- Client who has it
    order_id bigint, -- Order it came from
    product_id bigint, -- Product it is one of
    server_id bigint, -- Server it runs on
    domain varchar, -- Domain name it serves
    username varchar, -- User name on the server
    billing_cycle varchar not null default 'monthly' check (billing_cycle in ('free', 'one time', 'monthly', 'quarterly', 'semi-annually', 'annually', 'biennially', 'triennially')), -- Billing cycle
    quantity integer not null default 1 check (quantity > 0), -- How many
    first_amount decimal(18, 4) not null default 0, -- First payment
    recurring_amount decimal(18, 4) not null default 0, -- Amount of each cycle, for the whole quantity
    registered_on date, -- Day it began
    next_due_on date, -- Day the next cycle is due; empty: nothing more to invoice
    billing_day tinyint check (billing_day between 1 and 31), -- Day of the month that due dates aim at; empty: that of next_due_on
    status varchar not null default 'Pending' check (status in ('Pending', 'Active', 'Suspended', 'Terminated', 'Cancelled', 'Fraud', 'Completed')), -- Status
    terminated_on date, -- Day it ended
    completed_on date, -- Day it was completed
    payment_method varchar, -- Way of paying; empty: the client's
    promotion_id bigint, -- Promotion that reduced the price
    subscription_id varchar, -- Number of the gateway's subscription
    dedicated_ip varchar, -- Address of its own
    suspend_reason varchar, -- Why it is suspended
    notes varchar, -- Remarks for staff
);

-- Configurable options chosen for a service.
create table service_options (
    id bigint not null, -- Number of the chosen option
    service_id bigint not null, -- Service
    name varchar not null, -- Option, e.g. Disk space
    value varchar, -- Choice, e.g. 50 GB
    quantity integer not null default 1, -- How many
    recurring_amount decimal(18, 4) not null default 0, -- Amount of each cycle, informational: part of the service's amount
);

-- Add-ons: customisations of a service, billed with it.
create table addons (
    id bigint not null, -- Number of the add-on
    service_id bigint not null, -- Service it belongs to
    order_id bigint, -- Order it came from
    name varchar, -- Name
    description varchar, -- What it is
    billing_cycle varchar not null default 'monthly' check (billing_cycle in ('free', 'one time', 'monthly', 'quarterly', 'semi-annually', 'annually', 'biennially', 'triennially')), -- Billing cycle
    quantity integer not null default 1 check (quantity > 0), -- How many
    setup_fee decimal(18, 4) not null default 0, -- Charged once
    first_amount decimal(18, 4) not null default 0, -- First payment
    recurring_amount decimal(18, 4) not null default 0, -- Amount of each cycle, for the whole quantity
    is_taxed boolean not null default true, -- Whether tax is charged on it
    registered_on date, -- Day it began
    next_due_on date, -- Day the next cycle is due
    billing_day tinyint check (billing_day between 1 and 31), -- Day of the month that due dates aim at
    status varchar not null default 'Pending' check (status in ('Pending', 'Active', 'Suspended', 'Terminated', 'Cancelled', 'Fraud', 'Completed')), -- Status
    terminated_on date, -- Day it ended
    payment_method varchar, -- Way of paying; empty: the client's
    subscription_id varchar, -- Number of the gateway's subscription
    notes varchar, -- Remarks for staff
);

-- Domain names registered for clients.
create table domains (
    id bigint not null, -- Number of the domain
    client_id bigint not null, -- Client who has it
    order_id bigint, -- Order it came from
    name varchar not null, -- Domain name
    kind varchar not null default 'Register' check (kind in ('Register', 'Transfer')), -- Registered here or transferred in
    registrar varchar, -- Registrar
    registration_period tinyint not null default 1 check (registration_period between 1 and 100), -- Years of one registration
    registered_on date, -- Day of registration
    expires_on date, -- Day it expires
    next_due_on date, -- Day the renewal is due
    first_amount decimal(18, 4) not null default 0, -- First payment
    recurring_amount decimal(18, 4) not null default 0, -- Renewal price for one registration period
    status varchar not null default 'Pending' check (status in ('Pending', 'Pending Registration', 'Pending Transfer', 'Active', 'Grace', 'Redemption', 'Expired', 'Cancelled', 'Fraud', 'Transferred Away')), -- Status
    payment_method varchar, -- Way of paying; empty: the client's
    auto_renew boolean not null default true, -- Whether the renewal is invoiced
    has_privacy boolean not null default false, -- Whether the registrant is hidden
    has_dns_management boolean not null default false, -- Whether we keep its DNS records
    has_email_forwarding boolean not null default false, -- Whether mail is forwarded
    is_premium boolean not null default false, -- Whether the registry prices it specially
    nameserver1 varchar, -- First name server
    nameserver2 varchar, -- Second name server
    nameserver3 varchar, -- Third name server
    nameserver4 varchar, -- Fourth name server
    nameserver5 varchar, -- Fifth name server
    promotion_id bigint, -- Promotion that reduced the price
    subscription_id varchar, -- Number of the gateway's subscription
    notes varchar, -- Remarks for staff
);

-- DNS records of domains.
create table dns_records (
    id bigint not null, -- Number of the record
    domain_id bigint not null, -- Domain
    name varchar not null default '@', -- Host, @ for the domain itself
    type varchar not null check (type in ('A', 'AAAA', 'CNAME', 'MX', 'TXT', 'SRV', 'CAA', 'NS')), -- Record type
    ttl integer not null default 3600 check (ttl between 0 and 2147483647), -- Seconds it may be cached
    content varchar not null, -- Data as in a zone file, e.g. 10 mail.example.com.
);

-- Promotions: codes that reduce prices.
create table promotions (
    id bigint not null, -- Number of the promotion
    code varchar not null, -- Code the client enters
    kind varchar not null default 'percent' check (kind in ('percent', 'fixed', 'price', 'free setup')), -- How it reduces
    value decimal(18, 4) not null default 0, -- Percent, or amount
    is_recurring boolean not null default false, -- Whether later cycles are reduced too
    recur_for integer not null default 0, -- For how many cycles; 0: all
    starts_on date, -- First day
    expires_on date, -- Last day
    max_uses integer not null default 0, -- How often at most; 0: no limit
    uses integer not null default 0, -- How often so far
    notes varchar, -- Remarks for staff
);

-- Orders.
create table orders (
    id bigint not null, -- Number of the order in the book
    number varchar, -- Order number that clients see
    client_id bigint not null, -- Client who ordered
    contact_id bigint, -- Contact who ordered
    user_id bigint, -- User who ordered
    ordered_at timestamptz, -- When
    amount decimal(18, 4) not null default 0, -- Due at the order, in the client's currency
    payment_method varchar, -- Way of paying
    promotion_code varchar, -- Promotion code given
    promotion_kind varchar, -- What it did: percent, fixed, price, free setup
    promotion_value decimal(18, 4), -- Percent, or amount
    invoice_id bigint, -- First invoice
    status varchar not null default 'Pending' check (status in ('Pending', 'Active', 'Cancelled', 'Fraud')), -- Status
    ip_address varchar, -- Where the order came from
    notes varchar, -- Remarks for staff
);

-- What an order asks for.
create table order_items (
    id bigint not null, -- Number of the item
    order_id bigint not null, -- Order
    kind varchar not null check (kind in ('product', 'addon', 'domain')), -- What is ordered
    product_id bigint, -- Product ordered
    service_id bigint, -- Service it became, or that an add-on is for
    addon_id bigint, -- Add-on it became
    domain_id bigint, -- Domain it became
    description varchar, -- In words; for a domain its name
    billing_cycle varchar check (billing_cycle in ('free', 'one time', 'monthly', 'quarterly', 'semi-annually', 'annually', 'biennially', 'triennially')), -- Billing cycle
    quantity integer not null default 1 check (quantity > 0), -- How many
    setup_fee decimal(18, 4) not null default 0, -- Charged once
    amount decimal(18, 4) not null default 0, -- First payment for the item, without set-up fee
    recurring_amount decimal(18, 4) not null default 0, -- Amount of each later cycle
);

-- Invoices. Owed = total - payments allocated - credit_applied - written_off.
create table invoices (
    id bigint not null, -- Number of the invoice in the book
    number varchar, -- Invoice number that is printed; empty: the id
    client_id bigint not null, -- Client who is billed
    billing_contact_id bigint, -- Contact whose name and address it carries
    bill_to varchar, -- Name and address as printed, kept as they were
    issued_on date, -- Invoice date; empty for a draft
    due_on date, -- Day it is due
    paid_on date, -- Day nothing was owed any more
    refunded_on date, -- Day it was refunded
    cancelled_on date, -- Day it was cancelled
    tax_mode varchar not null default 'exclusive' check (tax_mode in ('exclusive', 'inclusive')), -- Whether item amounts are without or with tax
    tax_rate1 decimal(9, 4) not null default 0, -- First tax in percent
    tax_rate2 decimal(9, 4) not null default 0, -- Second tax in percent
    subtotal decimal(18, 4) not null default 0, -- Items without tax
    tax1 decimal(18, 4) not null default 0, -- First tax
    tax2 decimal(18, 4) not null default 0, -- Second tax
    total decimal(18, 4) not null default 0, -- Items with tax
    credit_applied decimal(18, 4) not null default 0, -- Account credit applied to it
    written_off decimal(18, 4) not null default 0, -- Balance given up
    status varchar not null default 'Unpaid' check (status in ('Draft', 'Unpaid', 'Paid', 'Cancelled', 'Refunded', 'Collections', 'Written off')), -- Status
    payment_method varchar, -- Way of paying
    notes varchar, -- Remarks printed on it
);

-- Lines of invoices.
create table invoice_items (
    id bigint not null, -- Number of the line
    invoice_id bigint not null, -- Invoice
    kind varchar not null default 'other', -- service, addon, domain, setup, change, late fee, credit note, group discount, invoice (mass payment), add funds, other
    service_id bigint, -- Service billed
    addon_id bigint, -- Add-on billed
    domain_id bigint, -- Domain billed
    paid_invoice_id bigint, -- Invoice that this line pays (mass payment)
    description varchar, -- In words
    quantity decimal(18, 4) not null default 1, -- How many
    unit_price decimal(18, 4) not null default 0, -- Price of one
    discount decimal(18, 4) not null default 0, -- Discount in money, already taken off amount
    amount decimal(18, 4) not null default 0, -- Of the line, without tax (exclusive) or with it (inclusive)
    is_taxed boolean not null default false, -- Whether tax is charged on it
    tax1 decimal(18, 4) not null default 0, -- First tax of the line
    tax2 decimal(18, 4) not null default 0, -- Second tax of the line
    period_from date, -- First day billed
    period_to date, -- Last day billed
);

-- Money in or out, as a bank or gateway reports it.
create table transactions (
    id bigint not null, -- Number of the transaction
    client_id bigint, -- Client who paid or was paid; empty: not known yet
    client_name varchar, -- Whose it was, filled when the client is deleted
    currency_id bigint not null, -- Currency of the amounts
    kind varchar not null default 'payment' check (kind in ('payment', 'refund', 'fee', 'payout')), -- What it is
    gateway varchar, -- Gateway or bank, e.g. stripe, banktransfer
    occurred_at timestamptz, -- When
    description varchar, -- In words
    amount_in decimal(18, 4) not null default 0, -- Money received
    fee decimal(18, 4) not null default 0, -- Kept by the gateway
    amount_out decimal(18, 4) not null default 0, -- Money sent back
    rate decimal(18, 8) not null default 1, -- Units of its currency for one of the default currency
    reference varchar, -- The gateway's number for it
    refunds_id bigint, -- Transaction that this one refunds
);

-- Which part of a transaction settles which invoice.
create table allocations (
    id bigint not null, -- Number of the allocation
    transaction_id bigint not null, -- Transaction
    invoice_id bigint not null, -- Invoice
    amount decimal(18, 4) not null, -- Settles the invoice; negative: given back by a refund
);

-- The credit log: signed entries of account credit, in the client's currency.
create table credit_entries (
    id bigint not null, -- Number of the entry
    client_id bigint not null, -- Client whose credit it is
    entry_on date, -- Day of the entry
    description varchar, -- Why
    amount decimal(18, 4) not null, -- Positive: credit given; negative: credit used or taken
    invoice_id bigint, -- Invoice it was applied to or came back from
    transaction_id bigint, -- Transaction it came from or was paid out by
);

-- Notes about a client or something of theirs.
create table notes (
    id bigint not null, -- Number of the note
    client_id bigint, -- Client it is about
    subject_kind varchar not null default 'client' check (subject_kind in ('client', 'service', 'invoice', 'domain', 'ticket')), -- What it is about
    subject_id bigint, -- Number of that; for a client, client_id says it
    author varchar, -- Who wrote it
    created_at timestamptz, -- When
    modified_at timestamptz, -- Last change
    body varchar not null, -- Text (Markdown)
    is_sticky boolean not null default false, -- Whether it stays on top
    attachment varchar, -- Reference to a file
);

-- Fields that the business added to its tables.
create table custom_fields (
    id bigint not null, -- Number of the field
    subject_kind varchar not null default 'client' check (subject_kind in ('client', 'service', 'addon', 'invoice', 'domain', 'ticket')), -- What it describes
    product_id bigint, -- Only for services of this product
    name varchar not null, -- Name
    type varchar not null default 'text' check (type in ('text', 'long text', 'number', 'date', 'choice', 'yes/no', 'link', 'password')), -- Type of its values
    description varchar, -- Help text
    options varchar, -- Choices, separated by commas
    pattern varchar, -- Regular expression that values match
    is_required boolean not null default false, -- Whether a value must be given
    is_staff_only boolean not null default false, -- Not shown to clients
    show_on_invoice boolean not null default false, -- Printed on invoices
    sort_order integer not null default 0, -- Position
);

-- Values of custom fields.
create table custom_values (
    id bigint not null, -- Number of the value
    field_id bigint not null, -- Custom field
    subject_id bigint not null, -- Number of the client, service … that the field describes
    value varchar, -- Value as text
);

-- Support departments.
create table departments (
    id bigint not null, -- Number of the department
    name varchar not null, -- Name
    email varchar, -- Address
    is_hidden boolean not null default false, -- Not shown to clients
);

-- Support tickets.
create table tickets (
    id bigint not null, -- Number of the ticket in the book
    number varchar, -- Ticket number that clients see
    client_id bigint, -- Client; empty: not a client
    contact_id bigint, -- Contact who asked
    user_id bigint, -- User who asked
    department_id bigint, -- Department
    service_id bigint, -- Service it is about
    domain_id bigint, -- Domain it is about
    name varchar, -- Name of a person who is not a client
    email varchar, -- E-mail of that person
    opened_at timestamptz, -- When
    subject varchar not null, -- Subject
    message varchar, -- First message
    status varchar not null default 'Open', -- Open, Answered, Customer-Reply, On Hold, In Progress, Closed or one of the business's own
    priority varchar not null default 'Medium' check (priority in ('Low', 'Medium', 'High')), -- Priority
    operator varchar, -- Who opened it for the client
    last_reply_at timestamptz, -- Last reply
    merged_ticket_id bigint, -- Ticket it was merged into
);

-- Replies to tickets.
create table ticket_replies (
    id bigint not null, -- Number of the reply
    ticket_id bigint not null, -- Ticket
    client_id bigint, -- Client, if the client replied
    contact_id bigint, -- Contact who replied
    user_id bigint, -- User who replied
    name varchar, -- Name of a person who is not a client
    email varchar, -- E-mail of that person
    replied_at timestamptz, -- When
    message varchar not null, -- Text
    operator varchar, -- Who replied for us
    is_internal boolean not null default false, -- A note between staff
);

-- E-mails, calls, letters, chats and meetings; also the outbox.
create table communications (
    id bigint not null, -- Number of the communication
    client_id bigint, -- Client
    contact_id bigint, -- Contact, if it was one
    kind varchar not null default 'email' check (kind in ('email', 'call', 'letter', 'chat', 'meeting')), -- How
    direction varchar not null default 'out' check (direction in ('in', 'out')), -- From or to the client
    category varchar check (category in ('general', 'invoice', 'support', 'product', 'domain', 'affiliate')), -- Which contacts receive it
    template varchar, -- Template it was written from
    happened_at timestamptz, -- When it was written or took place
    subject varchar, -- Subject
    body varchar, -- Text
    sent_to varchar, -- Addresses, separated by commas
    cc varchar, -- Copies, separated by commas
    bcc varchar, -- Hidden copies, separated by commas
    status varchar not null default 'logged' check (status in ('logged', 'queued', 'sent', 'failed')), -- Queued: in the outbox
    attempts integer not null default 0, -- How often sending was tried
    next_attempt_at timestamptz, -- Not before
    sent_at timestamptz, -- When it was sent
    error varchar, -- Why sending failed
    with_whom varchar, -- Person spoken to
    outcome varchar, -- What came of it
    follow_up_on date, -- Day to come back to it
    operator varchar, -- Who did it
);

-- Clients who bring us clients.
create table affiliates (
    id bigint not null, -- Number of the affiliate
    client_id bigint not null, -- Client who is the affiliate
    since_on date, -- Since
    pay_kind varchar not null default 'percent' check (pay_kind in ('percent', 'fixed')), -- Commission in percent or fixed
    pay_amount decimal(18, 4) not null default 0, -- Percent, or amount in the affiliate's currency
    is_one_time boolean not null default false, -- Whether only the first payment earns commission
    visitors bigint not null default 0, -- Visitors sent
    balance decimal(18, 4) not null default 0, -- Commission to be paid out
    withdrawn decimal(18, 4) not null default 0, -- Commission paid out
);

-- Services that affiliates referred.
create table referrals (
    id bigint not null, -- Number of the referral
    affiliate_id bigint not null, -- Affiliate
    service_id bigint not null, -- Service referred
    referred_on date, -- Day of the referral
    last_paid_on date, -- Day of the last commission
);

-- Commission earned, cleared and paid out.
create table commissions (
    id bigint not null, -- Number of the entry
    affiliate_id bigint not null, -- Affiliate
    referral_id bigint, -- Referral it was earned with
    invoice_id bigint, -- Invoice it was earned on
    entry_on date, -- Day
    clears_on date, -- Day it becomes due
    kind varchar not null default 'earned' check (kind in ('pending', 'earned', 'withdrawn')), -- Pending until it clears
    description varchar, -- In words
    amount decimal(18, 4) not null, -- Positive: earned; negative: withdrawn
);

-- Upgrades, downgrades and features added or removed.
create table service_changes (
    id bigint not null, -- Number of the change
    client_id bigint not null, -- Client
    order_id bigint, -- Order it came from
    invoice_id bigint, -- Invoice it was billed on
    kind varchar not null default 'product' check (kind in ('product', 'addon', 'options', 'price', 'feature')), -- What changed
    service_id bigint, -- Service changed
    addon_id bigint, -- Add-on changed
    changed_on date, -- Day it took effect
    from_value varchar, -- Before
    to_value varchar, -- After
    new_billing_cycle varchar, -- Billing cycle after
    amount decimal(18, 4) not null default 0, -- Charged for the rest of the cycle
    credit_amount decimal(18, 4) not null default 0, -- Credited for the rest of the cycle
    days_remaining integer, -- Days left in the cycle
    days_in_cycle integer, -- Days of the cycle
    new_recurring_amount decimal(18, 4) not null default 0, -- Recurring amount after
    recurring_difference decimal(18, 4) not null default 0, -- After minus before
    status varchar not null default 'Completed' check (status in ('Pending', 'Completed', 'Cancelled')), -- Status
    is_paid boolean not null default false, -- Whether the charge was paid
);

-- Categories of the knowledgebase.
create table article_categories (
    id bigint not null, -- Number of the category
    parent_id bigint, -- Category above it
    name varchar not null, -- Name
    description varchar, -- In words
    is_hidden boolean not null default false, -- Not shown to clients
    language varchar, -- Language, if it is a translation
    translation_of_id bigint, -- Category it translates
);

-- Articles of the knowledgebase.
create table articles (
    id bigint not null, -- Number of the article
    title varchar not null, -- Title
    body varchar, -- Text (Markdown)
    status varchar not null default 'published' check (status in ('draft', 'published')), -- Whether clients see it
    is_private boolean not null default false, -- Only for clients who logged in
    tags varchar, -- Tags, separated by commas
    language varchar, -- Language, if it is a translation
    translation_of_id bigint, -- Article it translates
    views bigint not null default 0, -- How often it was read
    useful_votes bigint not null default 0, -- Votes that it helped
    votes bigint not null default 0, -- Votes
    sort_order integer not null default 0, -- Position
    version integer not null default 1, -- Counts its changes
);

-- Which article stands in which categories.
create table article_placements (
    id bigint not null, -- Number of the placement
    article_id bigint not null, -- Article
    category_id bigint not null, -- Category
);

-- Quotes.
create table quotes (
    id bigint not null, -- Number of the quote
    client_id bigint, -- Client; empty: a prospect, named in bill_to
    subject varchar, -- Subject
    stage varchar not null default 'Draft' check (stage in ('Draft', 'Delivered', 'On Hold', 'Accepted', 'Lost', 'Dead')), -- Stage
    bill_to varchar, -- Name and address
    currency_id bigint, -- Currency of the amounts
    created_on date, -- Day
    valid_until_on date, -- Last day of validity
    sent_on date, -- Day it was sent
    accepted_on date, -- Day it was accepted
    subtotal decimal(18, 4) not null default 0, -- Items without tax
    tax1 decimal(18, 4) not null default 0, -- First tax
    tax2 decimal(18, 4) not null default 0, -- Second tax
    total decimal(18, 4) not null default 0, -- Items with tax
    proposal varchar, -- Text above the items
    client_notes varchar, -- Text below the items
    admin_notes varchar, -- Remarks for staff
);

-- Lines of quotes.
create table quote_items (
    id bigint not null, -- Number of the line
    quote_id bigint not null, -- Quote
    description varchar, -- In words
    quantity decimal(18, 4) not null default 1, -- How many
    unit_price decimal(18, 4) not null default 0, -- Price of one
    discount_percent decimal(18, 4) not null default 0, -- Discount in percent
    is_taxed boolean not null default false, -- Whether tax is charged on it
);

-- Old client numbers: the replaced client's number still finds the survivor.
create table merged_clients (
    id bigint not null, -- Number of the entry
    replaced_id bigint not null, -- Client number that was replaced
    survivor_id bigint not null, -- Client that remains
    merged_on date, -- Day of the merge
);

-- Statements of banks and gateways, one row a file.
create table statements (
    id bigint not null, -- Number of the statement
    source varchar not null, -- Bank or gateway
    file_name varchar, -- Name of the file
    file_sha256 varchar not null, -- SHA-256 of the file: the same file is not taken twice
    account varchar, -- Account at the bank or gateway
    currency_id bigint not null, -- Currency
    from_on date, -- First day
    to_on date, -- Last day
    opening_balance decimal(18, 4), -- Before the first line
    closing_balance decimal(18, 4), -- After the last line
);

-- Lines of statements.
create table statement_lines (
    id bigint not null, -- Number of the line in the book
    statement_id bigint not null, -- Statement
    line_number integer not null, -- Position in the file
    booked_on date, -- Booking date
    valued_on date, -- Value date
    amount decimal(18, 4) not null, -- Positive: received; negative: paid
    fee decimal(18, 4) not null default 0, -- Kept by the gateway, part of amount
    payer_name varchar, -- Other party
    payer_account varchar, -- Other party's account
    reference varchar, -- The bank's or gateway's number for it
    description varchar, -- Text
    line_sha256 varchar, -- SHA-256 of the line: overlapping files bring it once
);

-- Statement lines linked to transactions.
create table matches (
    id bigint not null, -- Number of the match
    statement_line_id bigint not null, -- Statement line
    transaction_id bigint, -- Transaction
    status varchar not null default 'matched' check (status in ('matched', 'suggested', 'rejected')), -- Status
    score decimal(9, 4), -- Strength of the evidence
    reason varchar, -- Evidence in words
    decided_by varchar, -- Who decided
);

-- Where rows came from: number in the source, number here.
create table source_ids (
    id bigint not null, -- Number of the entry
    source varchar not null, -- File or system
    source_table varchar not null, -- Table there
    source_id varchar not null, -- Number there
    table_name varchar not null, -- Table here
    row_id bigint not null, -- Number here
);

-- Rows of a source that could not be taken, with the reason.
create table import_problems (
    id bigint not null, -- Number of the problem
    source varchar not null, -- File or system
    source_table varchar not null, -- Table there
    source_id varchar, -- Number there
    field varchar, -- Field, if it was one
    code varchar not null, -- Reason, short
    message varchar not null, -- Reason, in words
    original varchar, -- The row as it was, as JSON, without passwords and card data
    amount decimal(18, 4), -- Money on the row, so that totals add up
    currency_code varchar, -- Currency of that money
);

create schema history;

-- What was applied, in order. Written by clientops only; each row carries the hash of the one before.
create table history.operations (
    id bigint not null, -- Number of the operation, from 1 without gaps
    rule varchar not null, -- Rule that was applied, e.g. issue-credit
    operator varchar not null, -- Who applied it
    reason varchar, -- Why
    applied_at timestamptz not null, -- When
    today date not null, -- The day it counts for
    key varchar not null, -- Made with the preview; the same key is not applied twice
    undoes_id bigint, -- Operation that it undoes
    request_count bigint not null, -- Requests
    change_count bigint not null, -- Rows inserted, updated and deleted
    requests_sha256 varchar not null, -- SHA-256 of the requests
    changes_sha256 varchar not null, -- SHA-256 of the changes
    details varchar, -- More about it, as JSON
    version varchar not null, -- Version of clientops
    previous_sha256 varchar not null, -- Hash of the operation before
    sha256 varchar not null, -- Hash of this row
);

-- How many rows of which table an operation changed, and their hash.
create table history.changes (
    operation_id bigint not null, -- Operation
    table_name varchar not null, -- Table
    kind varchar not null, -- insert, update or delete
    columns varchar not null, -- Columns that changed, separated by commas; all for inserts and deletes
    row_count bigint not null, -- Rows
    sha256 varchar not null, -- SHA-256 of the rows, before and after
);

-- What was asked for, one row a request.
create table history.requests (
    operation_id bigint not null, -- Operation
    request_row bigint not null, -- Row of the request table
    request varchar not null, -- The request as JSON
);

-- Migrations that made the tables what they are.
create table history.migrations (
    version integer not null, -- Version of the tables
    name varchar not null, -- Name of the migration
    migrated_at timestamptz not null, -- When
);
