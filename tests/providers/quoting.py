"""Answers as the usual programs write them: (program, the whole text, what the person wrote this time)."""

from __future__ import annotations

OURS = "Would you like to join us on Thursday?\nUnsubscribe: https://acme.example/u/1"
QUOTED = "\n".join(f"> {line}" for line in OURS.splitlines())

ANSWERS: tuple[tuple[str, str, str], ...] = (
    ("gmail", f"Count me in\n\nOn Tue, Mar 3, 2026 at 9:00 AM Maya Lind <maya@acme.example> wrote:\n\n{QUOTED}", "Count me in"),
    ("gmail, broken line", f"Count me in\n\nOn Tue, Mar 3, 2026 at 9:00 AM Maya Lind with a very long name <\nmaya@acme.example> wrote:\n\n{QUOTED}", "Count me in"),
    ("gmail german", f"Gerne\n\nAm Di., 3. März 2026 um 09:00 Uhr schrieb Maya Lind <maya@acme.example>:\n\n{QUOTED}", "Gerne"),
    ("gmail spanish", f"Sí, claro\n\nEl mar, 3 mar 2026 a las 9:00, Maya Lind (<maya@acme.example>) escribió:\n\n{QUOTED}", "Sí, claro"),
    ("gmail french", f"Avec plaisir\n\nLe mar. 3 mars 2026 à 09:00, Maya Lind <maya@acme.example> a écrit :\n\n{QUOTED}", "Avec plaisir"),
    ("outlook", f"Count me in\n\nFrom: Maya Lind <maya@acme.example>\nSent: Tuesday, March 3, 2026 9:00 AM\nTo: Priya Raman <priya@foothill.example>\nSubject: A seat for you\n\n{OURS}", "Count me in"),
    ("outlook with a line", f"Count me in\n\n________________________________\nFrom: Maya Lind <maya@acme.example>\nSent: Tuesday, March 3, 2026 9:00 AM\nTo: Priya\nSubject: A seat\n\n{OURS}", "Count me in"),
    ("outlook in bold", f"Count me in\n\n*From:* Maya Lind <maya@acme.example>\n*Sent:* Tuesday, March 3, 2026 9:00 AM\n*To:* Priya\n*Subject:* A seat\n\n{OURS}", "Count me in"),
    ("outlook german", f"Ich bin dabei\n\nVon: Maya Lind <maya@acme.example>\nGesendet: Dienstag, 3. März 2026 09:00\nAn: Priya Raman\nBetreff: Ein Platz\n\n{OURS}", "Ich bin dabei"),
    ("outlook french", f"Oui\n\nDe : Maya Lind <maya@acme.example>\nEnvoyé : mardi 3 mars 2026 09:00\nÀ : Priya\nObjet : Une place\n\n{OURS}", "Oui"),
    ("old outlook", f"Count me in\n\n-----Original Message-----\nFrom: Maya Lind [mailto:maya@acme.example]\nSent: Tuesday, March 3, 2026 9:00 AM\nTo: Priya\nSubject: A seat\n\n{OURS}", "Count me in"),
    ("old outlook german", f"Ich bin dabei\n\n-----Ursprüngliche Nachricht-----\nVon: Maya Lind\nGesendet: Dienstag, 3. März 2026 09:00\nAn: Priya\nBetreff: Ein Platz\n\n{OURS}", "Ich bin dabei"),
    ("apple mail", f"Count me in\n\n> On Mar 3, 2026, at 9:00 AM, Maya Lind <maya@acme.example> wrote:\n> \n{QUOTED}", "Count me in"),
    ("apple mail german", f"Ich bin dabei\n\n> Am 03.03.2026 um 09:00 schrieb Maya Lind <maya@acme.example>:\n> \n{QUOTED}", "Ich bin dabei"),
    ("iphone", f"Count me in\n\nSent from my iPhone\n\n> On Mar 3, 2026, at 9:00 AM, Maya Lind <maya@acme.example> wrote:\n> \n{QUOTED}", "Count me in"),
    ("iphone german", f"Ich bin dabei\n\nVon meinem iPhone gesendet\n\n> Am 03.03.2026 um 09:00 schrieb Maya Lind <maya@acme.example>:\n> \n{QUOTED}", "Ich bin dabei"),
    ("android", f"Count me in\n\nSent from my Galaxy\n\n\n-------- Original message --------\nFrom: Maya Lind <maya@acme.example>\nDate: 3/3/26 9:00 AM (GMT-07:00)\nTo: priya@foothill.example\nSubject: A seat\n\n{OURS}", "Count me in"),
    ("outlook for ios", f"Count me in\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n________________________________\nFrom: Maya Lind <maya@acme.example>\nSent: Tuesday, March 3, 2026 9:00:00 AM\nTo: Priya\nSubject: A seat\n\n{OURS}", "Count me in"),
    ("yahoo", f"Count me in\n\n    On Tuesday, March 3, 2026 at 09:00:00 AM MST, Maya Lind <maya@acme.example> wrote:  \n \n {OURS}", "Count me in"),
    ("yahoo mobile", f"Count me in\n\nSent from Yahoo Mail on Android\n\n  On Tue, Mar 3, 2026 at 9:00, Maya Lind<maya@acme.example> wrote:   {OURS}", "Count me in"),
    ("plain quotes", f"Count me in\n\n{QUOTED}", "Count me in"),
    ("quotes right below", f"Count me in\n{QUOTED}", "Count me in"),
    ("below the quote", f"On Tue, Mar 3, 2026 at 9:00 AM Maya Lind <maya@acme.example> wrote:\n{QUOTED}\n\nCount me in", "Count me in"),
    ("below plain quotes", f"{QUOTED}\n\nCount me in", "Count me in"),
    ("between the lines", "On Tue, Mar 3, 2026 at 9:00 AM Maya Lind <maya@acme.example> wrote:\n> Would you come on Thursday?\n\nYes\n\n> And bring somebody?\n\nMy wife", "Yes\n\nMy wife"),
    ("signature", f"Count me in\n\n-- \nPriya Raman\nFoothill Realty\n303 555 0164\n\nOn Tue, Mar 3, 2026 at 9:00 AM Maya Lind <maya@acme.example> wrote:\n{QUOTED}", "Count me in"),
    ("thunderbird", f"Count me in\n\nOn 3/3/26 09:00, Maya Lind wrote:\n{QUOTED}", "Count me in"),
    ("thunderbird german", f"Ich bin dabei\n\nAm 03.03.26 um 09:00 schrieb Maya Lind:\n{QUOTED}", "Ich bin dabei"),
    ("no quote", "I wrote to you:\nFrom Monday on I am free.\nOn Tuesday I am not.", "I wrote to you:\nFrom Monday on I am free.\nOn Tuesday I am not."),
    ("a dash in the middle", "Yes - count me in\n--\nPriya", "Yes - count me in"),
)  # fmt: skip
