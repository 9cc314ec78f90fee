-- Tables of WHMCS 8.4 that clientops reads (columns as WHMCS defines them); made rows are in whmcs_rows.sql.

drop table if exists `tblaccounts`;
CREATE TABLE `tblaccounts` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `userid` int(10) NOT NULL, `currency` int(10) NOT NULL,
    `gateway` text NOT NULL, `date` datetime DEFAULT NULL, `description` text NOT NULL,
    `amountin` decimal(16,2) NOT NULL DEFAULT 0.00, `fees` decimal(16,2) NOT NULL DEFAULT 0.00,
    `amountout` decimal(16,2) NOT NULL DEFAULT 0.00, `rate` decimal(16,5) NOT NULL DEFAULT 1.00000,
    `transid` text NOT NULL, `invoiceid` int(10) NOT NULL DEFAULT 0, `refundid` int(10) NOT NULL DEFAULT 0,
    PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tbladdons`;
CREATE TABLE `tbladdons` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `packages` text NOT NULL, `name` text NOT NULL, `description` text NOT NULL,
    `billingcycle` text NOT NULL, `allowqty` tinyint(3) unsigned NOT NULL DEFAULT 0, `tax` tinyint(1) NOT NULL,
    `showorder` tinyint(1) NOT NULL, `hidden` tinyint(1) NOT NULL DEFAULT 0, `retired` tinyint(1) NOT NULL DEFAULT 0,
    `downloads` text NOT NULL, `autoactivate` text NOT NULL, `suspendproduct` tinyint(1) NOT NULL,
    `welcomeemail` int(10) NOT NULL, `type` varchar(16) NOT NULL DEFAULT '', `module` varchar(32) NOT NULL DEFAULT '',
    `server_group_id` int(10) NOT NULL DEFAULT 0, `prorate` tinyint(1) NOT NULL DEFAULT 0,
    `weight` int(2) NOT NULL DEFAULT 0, `autolinkby` text NOT NULL,
    `created_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
    `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00', PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tbladmins`;
CREATE TABLE `tbladmins` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `uuid` varchar(255) NOT NULL DEFAULT '', `roleid` int(1) NOT NULL,
    `username` text NOT NULL, `password` varchar(255) NOT NULL DEFAULT '',
    `passwordhash` varchar(255) NOT NULL DEFAULT '', `authmodule` text NOT NULL, `authdata` text NOT NULL,
    `firstname` text NOT NULL, `lastname` text NOT NULL, `email` text NOT NULL, `signature` text NOT NULL,
    `notes` text NOT NULL, `template` text NOT NULL, `language` text NOT NULL, `disabled` int(1) NOT NULL,
    `loginattempts` int(1) NOT NULL, `supportdepts` text NOT NULL, `ticketnotifications` text NOT NULL,
    `homewidgets` text NOT NULL, `password_reset_key` varchar(255) NOT NULL DEFAULT '',
    `password_reset_data` text NOT NULL, `password_reset_expiry` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
    `hidden_widgets` text NOT NULL, `widget_order` text NOT NULL, `user_preferences` mediumtext DEFAULT NULL,
    `created_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
    `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00', PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblaffiliates`;
CREATE TABLE `tblaffiliates` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `date` date DEFAULT NULL, `clientid` int(10) NOT NULL,
    `visitors` int(1) NOT NULL, `paytype` text NOT NULL, `payamount` decimal(16,2) NOT NULL, `onetime` int(1) NOT NULL,
    `balance` decimal(16,2) NOT NULL DEFAULT 0.00, `withdrawn` decimal(16,2) NOT NULL DEFAULT 0.00,
    `created_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
    `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00', PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblaffiliatesaccounts`;
CREATE TABLE `tblaffiliatesaccounts` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `affiliateid` int(10) NOT NULL, `relid` int(10) NOT NULL,
    `lastpaid` date NOT NULL DEFAULT '0000-00-00', `created_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
    `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00', PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblaffiliateshistory`;
CREATE TABLE `tblaffiliateshistory` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `affiliateid` int(10) NOT NULL, `date` date NOT NULL,
    `affaccid` int(10) NOT NULL, `invoice_id` int(10) unsigned NOT NULL DEFAULT 0, `description` text NOT NULL,
    `amount` decimal(16,2) NOT NULL, `created_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
    `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00', PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblaffiliatespending`;
CREATE TABLE `tblaffiliatespending` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `affaccid` int(10) NOT NULL DEFAULT 0,
    `invoice_id` int(10) unsigned NOT NULL DEFAULT 0, `amount` decimal(16,2) NOT NULL, `clearingdate` date NOT NULL,
    `created_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
    `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00', PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblaffiliateswithdrawals`;
CREATE TABLE `tblaffiliateswithdrawals` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `affiliateid` int(10) NOT NULL, `date` date NOT NULL,
    `amount` decimal(16,2) NOT NULL, `created_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
    `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00', PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblclientgroups`;
CREATE TABLE `tblclientgroups` (
    `id` int(10) unsigned NOT NULL AUTO_INCREMENT, `groupname` varchar(45) NOT NULL,
    `groupcolour` varchar(45) DEFAULT NULL, `discountpercent` decimal(10,2) unsigned DEFAULT 0.00,
    `susptermexempt` text DEFAULT NULL, `separateinvoices` text NOT NULL, PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblclients`;
CREATE TABLE `tblclients` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `uuid` varchar(255) NOT NULL DEFAULT '', `firstname` text NOT NULL,
    `lastname` text NOT NULL, `companyname` text NOT NULL, `email` text NOT NULL, `address1` text NOT NULL,
    `address2` text NOT NULL, `city` text NOT NULL, `state` text NOT NULL, `postcode` text NOT NULL,
    `country` text NOT NULL, `phonenumber` text NOT NULL, `tax_id` varchar(128) NOT NULL DEFAULT '',
    `password` text NOT NULL, `authmodule` text NOT NULL, `authdata` text NOT NULL, `currency` int(10) NOT NULL,
    `defaultgateway` text NOT NULL, `credit` decimal(16,2) NOT NULL, `taxexempt` tinyint(1) NOT NULL,
    `latefeeoveride` tinyint(1) NOT NULL, `overideduenotices` tinyint(1) NOT NULL,
    `separateinvoices` tinyint(1) NOT NULL, `disableautocc` tinyint(1) NOT NULL, `datecreated` date NOT NULL,
    `notes` text NOT NULL, `billingcid` int(10) NOT NULL, `securityqid` int(10) NOT NULL, `securityqans` text NOT NULL,
    `groupid` int(10) NOT NULL, `cardtype` varchar(255) NOT NULL DEFAULT '', `cardlastfour` text NOT NULL,
    `cardnum` blob NOT NULL, `startdate` blob NOT NULL, `expdate` blob NOT NULL, `issuenumber` blob NOT NULL,
    `bankname` text NOT NULL, `banktype` text NOT NULL, `bankcode` blob NOT NULL, `bankacct` blob NOT NULL,
    `gatewayid` text NOT NULL, `lastlogin` datetime DEFAULT NULL, `ip` text NOT NULL, `host` text NOT NULL,
    `status` enum('Active','Inactive','Closed') NOT NULL DEFAULT 'Active', `language` text NOT NULL,
    `pwresetkey` text NOT NULL, `emailoptout` int(1) NOT NULL,
    `marketing_emails_opt_in` tinyint(1) unsigned NOT NULL DEFAULT 0, `overrideautoclose` int(1) NOT NULL,
    `allow_sso` tinyint(1) NOT NULL DEFAULT 1, `email_verified` tinyint(1) NOT NULL DEFAULT 0,
    `email_preferences` text DEFAULT NULL, `created_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
    `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
    `pwresetexpiry` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00', PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblconfiguration`;
CREATE TABLE `tblconfiguration` (
    `id` int(10) unsigned NOT NULL AUTO_INCREMENT, `setting` varchar(64) NOT NULL, `value` text NOT NULL,
    PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblcontacts`;
CREATE TABLE `tblcontacts` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `userid` int(10) NOT NULL, `firstname` text NOT NULL,
    `lastname` text NOT NULL, `companyname` text NOT NULL, `email` text NOT NULL, `address1` text NOT NULL,
    `address2` text NOT NULL, `city` text NOT NULL, `state` text NOT NULL, `postcode` text NOT NULL,
    `country` text NOT NULL, `phonenumber` text NOT NULL, `tax_id` varchar(128) NOT NULL DEFAULT '',
    `subaccount` int(1) NOT NULL DEFAULT 0, `password` text NOT NULL, `permissions` text NOT NULL,
    `domainemails` int(1) NOT NULL, `generalemails` int(1) NOT NULL, `invoiceemails` int(1) NOT NULL,
    `productemails` int(1) NOT NULL, `supportemails` int(1) NOT NULL, `affiliateemails` int(1) NOT NULL,
    `pwresetkey` text NOT NULL, `created_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
    `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
    `pwresetexpiry` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00', PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblcredit`;
CREATE TABLE `tblcredit` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `clientid` int(10) NOT NULL, `admin_id` int(10) unsigned NOT NULL DEFAULT 0,
    `date` date NOT NULL, `description` text NOT NULL, `amount` decimal(16,2) NOT NULL,
    `relid` int(10) NOT NULL DEFAULT 0, PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblcurrencies`;
CREATE TABLE `tblcurrencies` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `code` text NOT NULL, `prefix` text NOT NULL, `suffix` text NOT NULL,
    `format` int(1) NOT NULL, `rate` decimal(10,5) NOT NULL DEFAULT 1.00000, `default` int(1) NOT NULL,
    PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblcustomfields`;
CREATE TABLE `tblcustomfields` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `type` text NOT NULL, `relid` int(10) NOT NULL DEFAULT 0,
    `fieldname` text NOT NULL, `fieldtype` text NOT NULL, `description` text NOT NULL, `fieldoptions` text NOT NULL,
    `regexpr` text NOT NULL, `adminonly` text NOT NULL, `required` text NOT NULL, `showorder` text NOT NULL,
    `showinvoice` text NOT NULL, `sortorder` int(10) NOT NULL DEFAULT 0,
    `created_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
    `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00', PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblcustomfieldsvalues`;
CREATE TABLE `tblcustomfieldsvalues` (
    `id` int(10) unsigned NOT NULL AUTO_INCREMENT, `fieldid` int(10) NOT NULL, `relid` int(10) NOT NULL,
    `value` text NOT NULL, `created_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
    `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00', PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tbldomains`;
CREATE TABLE `tbldomains` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `userid` int(10) NOT NULL, `orderid` int(1) NOT NULL,
    `type` enum('Register','Transfer') NOT NULL, `registrationdate` date NOT NULL, `domain` text NOT NULL,
    `firstpaymentamount` decimal(16,2) NOT NULL DEFAULT 0.00, `recurringamount` decimal(16,2) NOT NULL,
    `registrar` text NOT NULL, `registrationperiod` int(1) NOT NULL DEFAULT 1, `expirydate` date DEFAULT NULL,
    `subscriptionid` text NOT NULL, `promoid` int(10) NOT NULL,
    `status` enum('Pending','Pending Registration','Pending Transfer','Active','Grace','Redemption','Expired','Cancelled','Fraud','Transferred Away') NOT NULL DEFAULT 'Pending',
    `nextduedate` date NOT NULL DEFAULT '0000-00-00', `nextinvoicedate` date NOT NULL, `additionalnotes` text NOT NULL,
    `paymentmethod` text NOT NULL, `dnsmanagement` tinyint(1) NOT NULL, `emailforwarding` tinyint(1) NOT NULL,
    `idprotection` tinyint(1) NOT NULL, `is_premium` tinyint(1) DEFAULT NULL, `donotrenew` tinyint(1) NOT NULL,
    `reminders` text NOT NULL, `synced` tinyint(1) NOT NULL,
    `created_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
    `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00', PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblemails`;
CREATE TABLE `tblemails` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `userid` int(10) NOT NULL, `subject` text NOT NULL, `message` text NOT NULL,
    `date` datetime DEFAULT NULL, `to` text DEFAULT NULL, `cc` text DEFAULT NULL, `bcc` text DEFAULT NULL,
    `attachments` text DEFAULT NULL, `pending` tinyint(1) NOT NULL DEFAULT 0, `message_data` mediumtext DEFAULT NULL,
    `failed` tinyint(1) NOT NULL DEFAULT 0, `failure_reason` varchar(250) NOT NULL DEFAULT '',
    `retry_count` tinyint(1) NOT NULL DEFAULT 0, `created_at` timestamp NULL DEFAULT NULL,
    `updated_at` timestamp NULL DEFAULT NULL, `campaign_id` int(11) NOT NULL DEFAULT 0, PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblhosting`;
CREATE TABLE `tblhosting` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `userid` int(10) NOT NULL, `orderid` int(10) NOT NULL,
    `packageid` int(10) NOT NULL, `server` int(10) NOT NULL, `regdate` date NOT NULL, `domain` text NOT NULL,
    `paymentmethod` text NOT NULL, `qty` int(10) unsigned NOT NULL DEFAULT 1,
    `firstpaymentamount` decimal(16,2) NOT NULL DEFAULT 0.00, `amount` decimal(16,2) NOT NULL DEFAULT 0.00,
    `billingcycle` text NOT NULL, `nextduedate` date DEFAULT NULL, `nextinvoicedate` date NOT NULL,
    `termination_date` date NOT NULL DEFAULT '0000-00-00', `completed_date` date NOT NULL DEFAULT '0000-00-00',
    `domainstatus` enum('Pending','Active','Suspended','Terminated','Cancelled','Fraud','Completed') NOT NULL DEFAULT 'Pending',
    `username` text NOT NULL, `password` text NOT NULL, `notes` text NOT NULL, `subscriptionid` text NOT NULL,
    `promoid` int(10) NOT NULL, `promocount` int(10) DEFAULT 0, `suspendreason` text NOT NULL,
    `overideautosuspend` tinyint(1) NOT NULL, `overidesuspenduntil` date NOT NULL, `dedicatedip` text NOT NULL,
    `assignedips` text NOT NULL, `ns1` text NOT NULL, `ns2` text NOT NULL, `diskusage` int(10) NOT NULL DEFAULT 0,
    `disklimit` int(10) NOT NULL DEFAULT 0, `bwusage` int(10) NOT NULL DEFAULT 0, `bwlimit` int(10) NOT NULL DEFAULT 0,
    `lastupdate` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
    `created_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
    `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00', PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblhostingaddons`;
CREATE TABLE `tblhostingaddons` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `orderid` int(10) NOT NULL, `hostingid` int(10) NOT NULL,
    `addonid` int(10) NOT NULL, `userid` int(10) NOT NULL DEFAULT 0, `server` int(10) NOT NULL DEFAULT 0,
    `name` text NOT NULL, `qty` int(10) unsigned NOT NULL DEFAULT 1,
    `firstpaymentamount` decimal(16,2) NOT NULL DEFAULT 0.00, `setupfee` decimal(16,2) NOT NULL DEFAULT 0.00,
    `recurring` decimal(16,2) NOT NULL DEFAULT 0.00, `billingcycle` text NOT NULL, `tax` text NOT NULL,
    `status` enum('Pending','Active','Suspended','Terminated','Cancelled','Fraud','Completed') NOT NULL DEFAULT 'Pending',
    `regdate` date NOT NULL DEFAULT '0000-00-00', `nextduedate` date DEFAULT NULL, `nextinvoicedate` date NOT NULL,
    `termination_date` date NOT NULL DEFAULT '0000-00-00', `proratadate` date NOT NULL DEFAULT '0000-00-00',
    `paymentmethod` text NOT NULL, `notes` text NOT NULL, `subscriptionid` varchar(128) NOT NULL DEFAULT '',
    `created_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
    `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00', PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblhostingconfigoptions`;
CREATE TABLE `tblhostingconfigoptions` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `relid` int(10) NOT NULL, `configid` int(10) NOT NULL,
    `optionid` int(10) NOT NULL, `qty` int(10) NOT NULL, PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblinvoiceitems`;
CREATE TABLE `tblinvoiceitems` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `invoiceid` int(10) NOT NULL DEFAULT 0, `userid` int(10) NOT NULL,
    `type` varchar(30) NOT NULL, `relid` int(10) NOT NULL, `description` text NOT NULL,
    `amount` decimal(16,2) NOT NULL DEFAULT 0.00, `taxed` int(1) NOT NULL, `duedate` date DEFAULT NULL,
    `paymentmethod` text NOT NULL, `notes` text NOT NULL, PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblinvoices`;
CREATE TABLE `tblinvoices` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `userid` int(10) NOT NULL, `invoicenum` text NOT NULL,
    `date` date DEFAULT NULL, `duedate` date DEFAULT NULL, `datepaid` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
    `last_capture_attempt` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
    `date_refunded` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
    `date_cancelled` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00', `subtotal` decimal(16,2) NOT NULL,
    `credit` decimal(16,2) NOT NULL, `tax` decimal(16,2) NOT NULL, `tax2` decimal(16,2) NOT NULL,
    `total` decimal(16,2) NOT NULL DEFAULT 0.00, `taxrate` decimal(10,3) NOT NULL DEFAULT 0.000,
    `taxrate2` decimal(10,3) NOT NULL DEFAULT 0.000, `status` text NOT NULL, `paymentmethod` text NOT NULL,
    `paymethodid` int(10) unsigned DEFAULT NULL, `notes` text NOT NULL,
    `created_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
    `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00', PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblknowledgebase`;
CREATE TABLE `tblknowledgebase` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `title` text NOT NULL, `article` text NOT NULL,
    `views` int(10) NOT NULL DEFAULT 0, `useful` int(10) NOT NULL DEFAULT 0, `votes` int(10) NOT NULL DEFAULT 0,
    `private` text NOT NULL, `order` int(3) NOT NULL, `parentid` int(10) NOT NULL, `language` text NOT NULL,
    PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblknowledgebasecats`;
CREATE TABLE `tblknowledgebasecats` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `parentid` int(10) NOT NULL DEFAULT 0, `name` text NOT NULL,
    `description` text NOT NULL, `hidden` text NOT NULL, `catid` int(10) NOT NULL, `language` text NOT NULL,
    PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblknowledgebaselinks`;
CREATE TABLE `tblknowledgebaselinks` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `categoryid` int(10) NOT NULL, `articleid` int(10) NOT NULL,
    PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblknowledgebasetags`;
CREATE TABLE `tblknowledgebasetags` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `articleid` int(10) NOT NULL, `tag` varchar(64) NOT NULL, PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblnotes`;
CREATE TABLE `tblnotes` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `userid` int(10) NOT NULL, `adminid` int(10) NOT NULL DEFAULT 0,
    `created` datetime NOT NULL, `modified` datetime NOT NULL, `note` text NOT NULL, `sticky` int(1) NOT NULL,
    PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblorders`;
CREATE TABLE `tblorders` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `ordernum` bigint(10) NOT NULL, `userid` int(10) NOT NULL,
    `contactid` int(10) NOT NULL, `requestor_id` int(10) unsigned NOT NULL DEFAULT 0,
    `admin_requestor_id` int(10) unsigned NOT NULL DEFAULT 0, `date` datetime NOT NULL, `nameservers` text NOT NULL,
    `transfersecret` text NOT NULL, `renewals` text NOT NULL, `promocode` text NOT NULL, `promotype` text NOT NULL,
    `promovalue` text NOT NULL, `orderdata` text NOT NULL, `amount` decimal(16,2) NOT NULL,
    `paymentmethod` text NOT NULL, `invoiceid` int(10) NOT NULL DEFAULT 0, `status` text NOT NULL,
    `ipaddress` text NOT NULL, `fraudmodule` text NOT NULL, `fraudoutput` text NOT NULL, `notes` text NOT NULL,
    PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblorderstatuses`;
CREATE TABLE `tblorderstatuses` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `title` text NOT NULL, `color` text NOT NULL, `showpending` int(1) NOT NULL,
    `showactive` int(1) NOT NULL, `showcancelled` int(1) NOT NULL, `sortorder` int(2) NOT NULL, PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblpricing`;
CREATE TABLE `tblpricing` (
    `id` int(10) NOT NULL AUTO_INCREMENT,
    `type` enum('product','addon','configoptions','domainregister','domaintransfer','domainrenew','domainaddons','usage') NOT NULL,
    `currency` int(10) NOT NULL, `relid` int(10) NOT NULL, `msetupfee` decimal(16,2) NOT NULL,
    `qsetupfee` decimal(16,2) NOT NULL, `ssetupfee` decimal(16,2) NOT NULL, `asetupfee` decimal(16,2) NOT NULL,
    `bsetupfee` decimal(16,2) NOT NULL, `tsetupfee` decimal(16,2) NOT NULL, `monthly` decimal(16,2) NOT NULL,
    `quarterly` decimal(16,2) NOT NULL, `semiannually` decimal(16,2) NOT NULL, `annually` decimal(16,2) NOT NULL,
    `biennially` decimal(16,2) NOT NULL, `triennially` decimal(16,2) NOT NULL, PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblproductconfigoptions`;
CREATE TABLE `tblproductconfigoptions` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `gid` int(10) NOT NULL DEFAULT 0, `optionname` text NOT NULL,
    `optiontype` text NOT NULL, PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblproductconfigoptionssub`;
CREATE TABLE `tblproductconfigoptionssub` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `configid` int(10) NOT NULL, `optionname` text NOT NULL, PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblproductgroups`;
CREATE TABLE `tblproductgroups` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `name` text NOT NULL, `slug` varchar(128) NOT NULL DEFAULT '',
    `headline` text DEFAULT NULL, `tagline` text DEFAULT NULL, `orderfrmtpl` text NOT NULL,
    `disabledgateways` text NOT NULL, `hidden` tinyint(1) NOT NULL, `order` int(1) NOT NULL DEFAULT 0,
    `created_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
    `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00', PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblproducts`;
CREATE TABLE `tblproducts` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `type` text NOT NULL, `gid` int(10) NOT NULL, `name` text NOT NULL,
    `slug` varchar(128) NOT NULL DEFAULT '', `description` text NOT NULL, `hidden` tinyint(1) NOT NULL,
    `showdomainoptions` tinyint(1) NOT NULL, `welcomeemail` int(10) NOT NULL DEFAULT 0,
    `stockcontrol` tinyint(1) NOT NULL, `qty` int(10) NOT NULL DEFAULT 0, `proratabilling` tinyint(1) NOT NULL,
    `proratadate` int(2) NOT NULL, `proratachargenextmonth` int(2) NOT NULL, `paytype` text NOT NULL,
    `allowqty` int(1) NOT NULL, `subdomain` text NOT NULL, `autosetup` text NOT NULL, `servertype` text NOT NULL,
    `servergroup` int(10) NOT NULL, `configoption1` text NOT NULL, `configoption2` text NOT NULL,
    `configoption3` text NOT NULL, `configoption4` text NOT NULL, `configoption5` text NOT NULL,
    `configoption6` text NOT NULL, `configoption7` text NOT NULL, `configoption8` text NOT NULL,
    `configoption9` text NOT NULL, `configoption10` text NOT NULL, `configoption11` text NOT NULL,
    `configoption12` text NOT NULL, `configoption13` text NOT NULL, `configoption14` text NOT NULL,
    `configoption15` text NOT NULL, `configoption16` text NOT NULL, `configoption17` text NOT NULL,
    `configoption18` text NOT NULL, `configoption19` text NOT NULL, `configoption20` text NOT NULL,
    `configoption21` text NOT NULL, `configoption22` text NOT NULL, `configoption23` text NOT NULL,
    `configoption24` text NOT NULL, `freedomain` text NOT NULL, `freedomainpaymentterms` text NOT NULL,
    `freedomaintlds` text NOT NULL, `recurringcycles` int(2) NOT NULL, `autoterminatedays` int(4) NOT NULL,
    `autoterminateemail` int(10) NOT NULL DEFAULT 0, `configoptionsupgrade` tinyint(1) NOT NULL,
    `billingcycleupgrade` text NOT NULL, `upgradeemail` int(10) NOT NULL DEFAULT 0,
    `overagesenabled` varchar(10) NOT NULL, `overagesdisklimit` int(10) NOT NULL, `overagesbwlimit` int(10) NOT NULL,
    `overagesdiskprice` decimal(6,4) NOT NULL, `overagesbwprice` decimal(6,4) NOT NULL, `tax` tinyint(1) NOT NULL,
    `affiliateonetime` tinyint(1) NOT NULL, `affiliatepaytype` text NOT NULL,
    `affiliatepayamount` decimal(16,2) NOT NULL, `order` int(10) NOT NULL DEFAULT 0, `retired` tinyint(1) NOT NULL,
    `is_featured` tinyint(1) NOT NULL, `created_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
    `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00', PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblpromotions`;
CREATE TABLE `tblpromotions` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `code` text NOT NULL, `type` text NOT NULL, `recurring` int(1) DEFAULT NULL,
    `value` decimal(16,2) NOT NULL DEFAULT 0.00, `cycles` text NOT NULL, `appliesto` text NOT NULL,
    `requires` text NOT NULL, `requiresexisting` int(1) NOT NULL, `startdate` date NOT NULL,
    `expirationdate` date DEFAULT NULL, `maxuses` int(10) NOT NULL DEFAULT 0, `uses` int(10) NOT NULL DEFAULT 0,
    `lifetimepromo` int(1) NOT NULL, `applyonce` int(1) NOT NULL, `newsignups` int(1) NOT NULL,
    `existingclient` int(11) NOT NULL, `onceperclient` int(11) NOT NULL, `recurfor` int(3) NOT NULL,
    `upgrades` int(1) NOT NULL, `upgradeconfig` text NOT NULL, `notes` text NOT NULL, PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblquoteitems`;
CREATE TABLE `tblquoteitems` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `quoteid` int(10) NOT NULL, `description` text NOT NULL,
    `quantity` text NOT NULL, `unitprice` decimal(16,2) NOT NULL, `discount` decimal(16,2) NOT NULL,
    `taxable` int(1) NOT NULL, `created_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
    `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00', PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblquotes`;
CREATE TABLE `tblquotes` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `subject` text NOT NULL,
    `stage` enum('Draft','Delivered','On Hold','Accepted','Lost','Dead') NOT NULL, `validuntil` date NOT NULL,
    `userid` int(10) NOT NULL, `firstname` text NOT NULL, `lastname` text NOT NULL, `companyname` text NOT NULL,
    `email` text NOT NULL, `address1` text NOT NULL, `address2` text NOT NULL, `city` text NOT NULL,
    `state` text NOT NULL, `postcode` text NOT NULL, `country` text NOT NULL, `phonenumber` text NOT NULL,
    `tax_id` varchar(128) NOT NULL DEFAULT '', `currency` int(10) NOT NULL, `subtotal` decimal(16,2) NOT NULL,
    `tax1` decimal(16,2) NOT NULL, `tax2` decimal(16,2) NOT NULL, `total` decimal(16,2) NOT NULL,
    `proposal` text NOT NULL, `customernotes` text NOT NULL, `adminnotes` text NOT NULL, `datecreated` date NOT NULL,
    `lastmodified` date NOT NULL, `datesent` date NOT NULL, `dateaccepted` date NOT NULL, PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblservers`;
CREATE TABLE `tblservers` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `name` text NOT NULL, `ipaddress` text NOT NULL, `assignedips` text NOT NULL,
    `hostname` text NOT NULL, `username` text NOT NULL, `password` text NOT NULL, `accesshash` text NOT NULL,
    PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tbltax`;
CREATE TABLE `tbltax` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `level` int(1) NOT NULL, `name` text NOT NULL, `state` text NOT NULL,
    `country` text NOT NULL, `taxrate` decimal(10,3) NOT NULL DEFAULT 0.000, PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblticketdepartments`;
CREATE TABLE `tblticketdepartments` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `name` text NOT NULL, `description` text NOT NULL, `email` text NOT NULL,
    `clientsonly` text NOT NULL, `piperepliesonly` text NOT NULL, `noautoresponder` text NOT NULL,
    `hidden` text NOT NULL, `order` int(1) NOT NULL, `host` text NOT NULL, `port` text NOT NULL, `login` text NOT NULL,
    `password` text NOT NULL, `mail_auth_config` text DEFAULT NULL, `feedback_request` tinyint(1) NOT NULL DEFAULT 0,
    PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblticketnotes`;
CREATE TABLE `tblticketnotes` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `ticketid` int(10) NOT NULL, `admin` text NOT NULL,
    `date` datetime NOT NULL DEFAULT '0000-00-00 00:00:00', `message` text NOT NULL, `attachments` text NOT NULL,
    `attachments_removed` tinyint(1) NOT NULL DEFAULT 0, `editor` enum('plain','markdown') NOT NULL DEFAULT 'plain',
    PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblticketreplies`;
CREATE TABLE `tblticketreplies` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `tid` int(10) NOT NULL, `userid` int(10) NOT NULL,
    `contactid` int(10) NOT NULL, `requestor_id` int(10) unsigned NOT NULL DEFAULT 0, `name` text NOT NULL,
    `email` text NOT NULL, `date` datetime NOT NULL, `message` text NOT NULL, `admin` text NOT NULL,
    `attachment` text NOT NULL, `attachments_removed` tinyint(1) NOT NULL DEFAULT 0, `rating` int(5) NOT NULL,
    `editor` enum('plain','markdown') NOT NULL DEFAULT 'plain', PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tbltickets`;
CREATE TABLE `tbltickets` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `tid` varchar(128) DEFAULT NULL, `did` int(10) NOT NULL,
    `userid` int(10) NOT NULL, `contactid` int(10) NOT NULL, `requestor_id` int(10) unsigned NOT NULL DEFAULT 0,
    `name` text NOT NULL, `email` text NOT NULL, `cc` text NOT NULL, `c` text NOT NULL,
    `ipaddress` varchar(64) DEFAULT NULL, `date` datetime NOT NULL DEFAULT '0000-00-00 00:00:00', `title` text NOT NULL,
    `message` text NOT NULL, `status` varchar(64) NOT NULL, `urgency` text NOT NULL, `admin` text NOT NULL,
    `attachment` text NOT NULL, `attachments_removed` tinyint(1) NOT NULL DEFAULT 0, `lastreply` datetime NOT NULL,
    `flag` int(1) NOT NULL, `clientunread` int(1) NOT NULL, `adminunread` text NOT NULL,
    `replyingadmin` int(1) NOT NULL, `replyingtime` datetime NOT NULL, `service` text NOT NULL,
    `merged_ticket_id` int(11) NOT NULL DEFAULT 0, `editor` enum('plain','markdown','bbcode') NOT NULL DEFAULT 'plain',
    `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00', PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblupgrades`;
CREATE TABLE `tblupgrades` (
    `id` int(10) NOT NULL AUTO_INCREMENT, `userid` int(10) NOT NULL, `orderid` int(10) NOT NULL,
    `type` enum('service','addon','package','configoptions') NOT NULL, `date` date NOT NULL, `relid` int(10) NOT NULL,
    `originalvalue` text NOT NULL, `newvalue` text NOT NULL, `new_cycle` varchar(30) NOT NULL,
    `amount` decimal(16,2) NOT NULL, `credit_amount` decimal(16,2) NOT NULL, `days_remaining` int(4) NOT NULL,
    `total_days_in_cycle` int(4) NOT NULL, `new_recurring_amount` decimal(16,2) NOT NULL,
    `recurringchange` decimal(16,2) NOT NULL, `status` enum('Pending','Completed') NOT NULL DEFAULT 'Pending',
    `paid` enum('Y','N') NOT NULL DEFAULT 'N', PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblusers`;
CREATE TABLE `tblusers` (
    `id` int(10) unsigned NOT NULL AUTO_INCREMENT, `first_name` varchar(255) NOT NULL DEFAULT '',
    `last_name` varchar(255) NOT NULL DEFAULT '', `email` varchar(255) NOT NULL DEFAULT '',
    `password` varchar(255) NOT NULL DEFAULT '', `language` varchar(32) NOT NULL DEFAULT '',
    `second_factor` varchar(255) NOT NULL DEFAULT '', `second_factor_config` text DEFAULT NULL,
    `remember_token` varchar(100) NOT NULL DEFAULT '', `reset_token` varchar(255) NOT NULL DEFAULT '',
    `security_question_id` int(10) unsigned NOT NULL DEFAULT 0,
    `security_question_answer` varchar(255) NOT NULL DEFAULT '', `last_ip` varchar(64) NOT NULL DEFAULT '',
    `last_hostname` varchar(255) NOT NULL DEFAULT '', `last_login` timestamp NULL DEFAULT NULL,
    `email_verification_token` varchar(100) NOT NULL DEFAULT '',
    `email_verification_token_expiry` timestamp NULL DEFAULT NULL, `email_verified_at` timestamp NULL DEFAULT NULL,
    `reset_token_expiry` timestamp NULL DEFAULT NULL, `created_at` timestamp NULL DEFAULT NULL,
    `updated_at` timestamp NULL DEFAULT NULL, PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

drop table if exists `tblusers_clients`;
CREATE TABLE `tblusers_clients` (
    `id` int(10) unsigned NOT NULL AUTO_INCREMENT, `auth_user_id` int(10) unsigned NOT NULL DEFAULT 0,
    `client_id` int(10) unsigned NOT NULL DEFAULT 0, `invite_id` int(10) unsigned NOT NULL DEFAULT 0,
    `owner` tinyint(3) unsigned NOT NULL DEFAULT 0, `permissions` text DEFAULT NULL,
    `last_login` timestamp NULL DEFAULT NULL, `created_at` timestamp NULL DEFAULT NULL,
    `updated_at` timestamp NULL DEFAULT NULL, PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
