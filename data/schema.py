"""The schema as plain SQL, written by `make schema` from data/tables.py; a test holds them together."""

CACHE_SCHEMA = 2
OUTBOX_SCHEMA = 2
CACHE_APPLICATION_ID = 1953653601
OUTBOX_APPLICATION_ID = 1953656693

CACHE_SQL = """
CREATE TABLE account (
	number INTEGER NOT NULL,
	id VARCHAR NOT NULL,
	seq INTEGER NOT NULL,
	version INTEGER NOT NULL,
	payload BLOB NOT NULL,
	PRIMARY KEY (number),
	UNIQUE (id)
);
CREATE TABLE audit (
	seq INTEGER NOT NULL,
	change_id VARCHAR,
	account_id VARCHAR,
	action VARCHAR NOT NULL,
	actor_id VARCHAR NOT NULL,
	outcome VARCHAR NOT NULL,
	applied_at FLOAT NOT NULL,
	payload BLOB NOT NULL,
	raw VARCHAR NOT NULL,
	prev_hash VARCHAR NOT NULL,
	hash VARCHAR NOT NULL,
	PRIMARY KEY (seq)
);
CREATE INDEX audit_account ON audit (account_id, seq);
CREATE INDEX audit_action ON audit (action, seq);
CREATE INDEX audit_change ON audit (change_id);
CREATE TABLE history (
	number INTEGER NOT NULL,
	past BLOB NOT NULL,
	PRIMARY KEY (number)
);
CREATE TABLE imported (
	account_id VARCHAR NOT NULL,
	usage BLOB NOT NULL,
	PRIMARY KEY (account_id)
);
CREATE TABLE listing (
	number INTEGER NOT NULL,
	id VARCHAR NOT NULL,
	rank INTEGER NOT NULL,
	order1 FLOAT NOT NULL,
	order2 FLOAT NOT NULL,
	mrr INTEGER NOT NULL,
	renewal FLOAT NOT NULL,
	last_login FLOAT NOT NULL,
	sort_name VARCHAR NOT NULL,
	search VARCHAR NOT NULL,
	snoozed INTEGER NOT NULL,
	has_signal INTEGER NOT NULL,
	handled INTEGER NOT NULL,
	good_until FLOAT,
	day VARCHAR NOT NULL,
	policy VARCHAR NOT NULL,
	health FLOAT NOT NULL,
	priority FLOAT NOT NULL,
	sla FLOAT NOT NULL,
	drift INTEGER NOT NULL,
	ratio FLOAT NOT NULL,
	red INTEGER NOT NULL,
	band VARCHAR NOT NULL,
	leaf VARCHAR NOT NULL,
	industry VARCHAR NOT NULL,
	owner VARCHAR NOT NULL,
	step VARCHAR NOT NULL,
	no_mrr INTEGER NOT NULL,
	fell VARCHAR NOT NULL,
	alerted INTEGER NOT NULL,
	designated FLOAT NOT NULL,
	unanswered INTEGER NOT NULL,
	tier VARCHAR NOT NULL,
	used INTEGER NOT NULL,
	claimant VARCHAR NOT NULL,
	hands VARCHAR NOT NULL,
	PRIMARY KEY (number)
);
CREATE INDEX drift_health ON listing (health, id, handled) WHERE drift > 0;
CREATE INDEX drift_last_login ON listing (last_login, id, handled) WHERE drift > 0;
CREATE INDEX drift_mrr ON listing (mrr, id, handled) WHERE drift > 0;
CREATE INDEX drift_name ON listing (sort_name, id, handled) WHERE drift > 0;
CREATE INDEX drift_priority ON listing (priority, id, handled) WHERE drift > 0;
CREATE INDEX drift_renewal ON listing (renewal, id, handled) WHERE drift > 0;
CREATE INDEX drift_severity ON listing (drift DESC, ratio, id, handled) WHERE drift > 0;
CREATE INDEX drift_sla ON listing (sla, id, handled) WHERE drift > 0;
CREATE INDEX listing_assessed ON listing (policy, rank, day);
CREATE INDEX listing_good_until ON listing (good_until) WHERE good_until IS NOT NULL;
CREATE INDEX listing_health ON listing (rank, health, id, snoozed, handled);
CREATE INDEX listing_last_login ON listing (rank, last_login, id, snoozed, handled);
CREATE INDEX listing_mrr ON listing (rank, mrr, id, snoozed, handled);
CREATE INDEX listing_name ON listing (rank, sort_name, id, snoozed, handled);
CREATE INDEX listing_priority ON listing (rank, priority, id, snoozed, handled);
CREATE INDEX listing_renewal ON listing (rank, renewal, id, snoozed, handled);
CREATE INDEX listing_severity ON listing (rank, order1, order2, id, snoozed, handled);
CREATE INDEX listing_sla ON listing (rank, sla, id, snoozed, handled);
CREATE INDEX listing_step ON listing (step) WHERE step <> '';
CREATE INDEX red_health ON listing (health, id, handled) WHERE red = 1;
CREATE INDEX red_last_login ON listing (last_login, id, handled) WHERE red = 1;
CREATE INDEX red_mrr ON listing (mrr, id, handled) WHERE red = 1;
CREATE INDEX red_name ON listing (sort_name, id, handled) WHERE red = 1;
CREATE INDEX red_priority ON listing (priority, id, handled) WHERE red = 1;
CREATE INDEX red_renewal ON listing (renewal, id, handled) WHERE red = 1;
CREATE INDEX red_sla ON listing (sla, id, handled) WHERE red = 1;
CREATE INDEX signal_health ON listing (health, id, handled) WHERE has_signal = 1;
CREATE INDEX signal_last_login ON listing (last_login, id, handled) WHERE has_signal = 1;
CREATE INDEX signal_mrr ON listing (mrr, id, handled) WHERE has_signal = 1;
CREATE INDEX signal_name ON listing (sort_name, id, handled) WHERE has_signal = 1;
CREATE INDEX signal_priority ON listing (priority, id, handled) WHERE has_signal = 1;
CREATE INDEX signal_renewal ON listing (renewal, id, handled) WHERE has_signal = 1;
CREATE INDEX signal_severity ON listing (rank, order1, order2, id, handled) WHERE has_signal = 1;
CREATE INDEX signal_sla ON listing (sla, id, handled) WHERE has_signal = 1;
CREATE TABLE member (
	workspace_id VARCHAR NOT NULL,
	account_id VARCHAR NOT NULL,
	payload BLOB,
	fetched_at FLOAT NOT NULL,
	PRIMARY KEY (workspace_id)
);
CREATE INDEX member_account ON member (account_id);
CREATE INDEX member_due ON member (fetched_at);
CREATE TABLE meta (
	"key" VARCHAR NOT NULL,
	value VARCHAR NOT NULL,
	PRIMARY KEY ("key")
);
CREATE TABLE tally (
	rank INTEGER NOT NULL,
	snoozed INTEGER NOT NULL,
	has_signal INTEGER NOT NULL,
	drift INTEGER NOT NULL,
	red INTEGER NOT NULL,
	accounts INTEGER NOT NULL,
	PRIMARY KEY (rank, snoozed, has_signal, drift, red)
);
CREATE TABLE tombstone (
	id VARCHAR NOT NULL,
	seq INTEGER NOT NULL,
	PRIMARY KEY (id)
);
CREATE TABLE unseen (
	number INTEGER NOT NULL,
	rank INTEGER NOT NULL,
	used INTEGER NOT NULL,
	tier VARCHAR NOT NULL,
	mrr INTEGER NOT NULL,
	no_mrr INTEGER NOT NULL,
	claimant VARCHAR NOT NULL,
	at INTEGER NOT NULL,
	PRIMARY KEY (number)
);
CREATE TABLE verdict (
	number INTEGER NOT NULL,
	"row" BLOB NOT NULL,
	PRIMARY KEY (number)
);
CREATE VIRTUAL TABLE finder USING fts5(
text, content='', columnsize=0, detail=none, tokenize='trigram case_sensitive 1');
CREATE VIRTUAL TABLE finder_pieces USING fts5vocab(finder, instance);
CREATE TRIGGER finder_removed AFTER DELETE ON listing BEGIN
INSERT INTO finder (finder, rowid, text)
VALUES ('delete', old.number, old.search || char(10, 10)); END;
CREATE TRIGGER finder_changed AFTER UPDATE OF search ON listing WHEN old.search <> new.search BEGIN
INSERT INTO finder (finder, rowid, text)
VALUES ('delete', old.number, old.search || char(10, 10)); INSERT INTO finder (rowid, text)
VALUES (new.number, new.search || char(10, 10)); END;
CREATE TRIGGER unseen_changed AFTER UPDATE OF rank, used, tier, mrr, no_mrr, claimant ON listing
WHEN (old.rank, old.used, old.tier, old.mrr, old.no_mrr, old.claimant) <>
(new.rank, new.used, new.tier, new.mrr, new.no_mrr, new.claimant) BEGIN
INSERT INTO unseen (number, rank, used, tier, mrr, no_mrr, claimant, at)
SELECT old.number, old.rank, old.used, old.tier, old.mrr, old.no_mrr, old.claimant,
coalesce((SELECT seq FROM account WHERE account.number = old.number), 0)
WHERE NOT EXISTS (SELECT 1 FROM unseen WHERE number = old.number); DELETE FROM unseen
WHERE number = new.number AND NOT (unseen.rank, unseen.used, unseen.tier, unseen.mrr, unseen.no_mrr, unseen.claimant) <>
(new.rank, new.used, new.tier, new.mrr, new.no_mrr, new.claimant); END;
CREATE TRIGGER unseen_came AFTER INSERT ON listing
WHEN new.rank < 4 AND EXISTS (SELECT 1 FROM meta WHERE key = 'synced_at') BEGIN
INSERT INTO unseen (number, rank, used, tier, mrr, no_mrr, claimant, at)
SELECT new.number, -1, new.used, new.tier, new.mrr, new.no_mrr, new.claimant,
coalesce((SELECT seq FROM account WHERE account.number = new.number), 0)
WHERE NOT EXISTS (SELECT 1 FROM unseen WHERE number = new.number); END;
CREATE TRIGGER unseen_gone AFTER DELETE ON listing BEGIN
DELETE FROM unseen WHERE number = old.number; END;
"""

OUTBOX_SQL = """
CREATE TABLE change (
	change_id VARCHAR NOT NULL,
	position INTEGER NOT NULL,
	kind VARCHAR NOT NULL,
	account_id VARCHAR NOT NULL,
	account_name VARCHAR NOT NULL,
	workspace_id VARCHAR,
	params VARCHAR NOT NULL,
	reason VARCHAR NOT NULL,
	"before" VARCHAR NOT NULL,
	after_values VARCHAR NOT NULL,
	body BLOB NOT NULL,
	base_version INTEGER,
	"after" VARCHAR,
	base_url VARCHAR NOT NULL,
	staff_id VARCHAR NOT NULL,
	staff_name VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	unknown INTEGER NOT NULL,
	attempts INTEGER NOT NULL,
	authored_at FLOAT NOT NULL,
	hold_until FLOAT,
	next_try_at FLOAT,
	not_before FLOAT,
	sent_at FLOAT,
	finished_at FLOAT,
	last_error VARCHAR,
	"conflict" VARCHAR,
	receipt VARCHAR,
	result_version INTEGER,
	result_seq INTEGER,
	parked_why VARCHAR,
	PRIMARY KEY (change_id),
	UNIQUE (position)
);
CREATE INDEX change_account ON change (account_id, position);
CREATE INDEX change_after ON change ("after");
CREATE INDEX change_state ON change (state, position);
CREATE TABLE draft (
	change_id VARCHAR NOT NULL,
	account_id VARCHAR NOT NULL,
	kind VARCHAR NOT NULL,
	payload BLOB NOT NULL,
	saved_at FLOAT NOT NULL,
	PRIMARY KEY (change_id)
);
CREATE TABLE head (
	base_url VARCHAR NOT NULL,
	seq INTEGER NOT NULL,
	hash VARCHAR NOT NULL,
	seen_at FLOAT NOT NULL,
	PRIMARY KEY (base_url)
);
CREATE TABLE outreach (
	outreach_id VARCHAR NOT NULL,
	account_id VARCHAR NOT NULL,
	account_name VARCHAR NOT NULL,
	base_url VARCHAR NOT NULL,
	staff_id VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	channel VARCHAR NOT NULL,
	contact VARCHAR NOT NULL,
	subject VARCHAR NOT NULL,
	text VARCHAR NOT NULL,
	template VARCHAR NOT NULL,
	dedupe_key VARCHAR,
	follow_up INTEGER NOT NULL,
	intent_id VARCHAR,
	sent_id VARCHAR,
	written_at FLOAT NOT NULL,
	left_at FLOAT,
	problem VARCHAR,
	PRIMARY KEY (outreach_id)
);
CREATE INDEX outreach_account ON outreach (account_id);
CREATE INDEX outreach_state ON outreach (state);
CREATE TABLE pinned_key (
	base_url VARCHAR NOT NULL,
	key_id VARCHAR NOT NULL,
	public_key VARCHAR NOT NULL,
	pinned_at FLOAT NOT NULL,
	PRIMARY KEY (base_url, key_id)
);
CREATE TABLE trail (
	seq INTEGER NOT NULL,
	change_id VARCHAR NOT NULL,
	event VARCHAR NOT NULL,
	raw VARCHAR NOT NULL,
	prev_hash VARCHAR NOT NULL,
	hash VARCHAR NOT NULL,
	PRIMARY KEY (seq)
);
"""
