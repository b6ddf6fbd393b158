"""Review's rules, pure: no clock, no database, no bus. The service gives them what they need as arguments."""
