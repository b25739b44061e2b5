"""Play: how a conversation is put to strategies, at once, exactly, or over and over; no clock."""
