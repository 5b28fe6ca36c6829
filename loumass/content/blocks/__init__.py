"""An e-mail in blocks: what it is made of, how it is checked, and how it becomes HTML and text. Pure but for pictures."""
