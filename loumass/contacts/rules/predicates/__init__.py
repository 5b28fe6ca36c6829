"""What a rule can ask of anybody from what contacts know. Higher slices add theirs in `loumass/rules.py`."""
