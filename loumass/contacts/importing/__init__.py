"""Lists of people on their way in: uploaded, looked at, decided row by row, and put in chunk by chunk."""
