"""What consumers that bring facts to somebody else's service share: mapping, consent, answers, limits, history."""
