"""Statistics on arrays: one family a file; a public function wraps a kernel and returns `Estimate`s."""
