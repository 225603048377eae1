"""What real code does, said in words: exact laws of its draws, what they lack, and why."""
