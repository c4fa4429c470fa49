"""The workshop: building, checking and publishing. A reader of notebooks never meets it."""
