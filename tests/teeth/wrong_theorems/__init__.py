"""Wrong theorems, all of kind 7: what each is a mistake about has a file."""
