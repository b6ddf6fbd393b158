-- How often a call was made under its one name: a server that knows the name charges once, but is not asked for ever.
ALTER TABLE paid_call ADD COLUMN tries int NOT NULL DEFAULT 1 CHECK (tries >= 1);
