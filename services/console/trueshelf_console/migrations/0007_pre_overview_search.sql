-- What the overview is searched by, in lower case once and not on every search.
ALTER TABLE progress ADD COLUMN search text NOT NULL GENERATED ALWAYS AS (lower(sku || ' ' || title)) STORED;
DROP INDEX progress_by_name;
