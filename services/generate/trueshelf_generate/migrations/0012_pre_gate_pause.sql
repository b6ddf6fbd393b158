-- When the gate last closed by itself: calls begun before then say nothing new when they fail too.
ALTER TABLE generator_gate ADD COLUMN paused_at timestamptz;
