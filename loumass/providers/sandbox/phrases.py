"""What invented people write."""

from __future__ import annotations

GLAD = (
    "Thanks for reaching out. This is good timing for us. Could we talk on Thursday afternoon?",
    "Yes, count me in. Is there parking nearby?",
    "Interesting. Send me two times that work for you next week and I will pick one.",
    "Happy to join. I may bring a colleague, if that is all right.",
    "Sounds good, call me any time after ten.",
    "Yes please. What do you need from me?",
    "I forwarded this to my team and we would like to come. Three of us.",
)
NO = (
    "Thanks, but this is not for us right now.",
    "We already work with somebody for this. All the best.",
    "I am not the right person and I do not know who is. Sorry.",
    "Not interested, thank you.",
    "No budget this year. Try again in January.",
)
QUESTIONS = (
    "What does it cost for a team of twelve?",
    "Who else is coming? And how long does it take?",
    "Do you have something in writing that I can pass on?",
    "Is this the same as what you showed in Denver last year?",
    "Can I join remotely, or is it in person only?",
    "Where did you get my address from?",
)
AWAY = (
    "I am out of the office until Monday with limited access to e-mail. For urgent matters call my colleague.",
    "Thank you for your message. I am on parental leave and will be back in autumn.",
    "I am travelling this week and will answer when I am back.",
)
STOP = ("STOP", "Stop", "unsubscribe", "STOP")
