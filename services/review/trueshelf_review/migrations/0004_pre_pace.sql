-- Decisions of one person within a minute are counted before the next one is taken.
CREATE INDEX decisions_of_person ON decisions (actor_id, decided_at);
