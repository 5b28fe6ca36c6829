"""English words that say what an answer is. Each is a regular expression over one line of plain letters."""

from __future__ import annotations

_NOW = r"(?:right now|at (?:the|this) (?:moment|time|point|stage)|at present|currently|for (?:the time being|now)|(?:just )?yet|this (?:time|week|month|quarter|year|season)|today|these days)"
_LATER = r"(?:in (?:the (?:spring|summer|fall|autumn|winter)|a (?:few|couple(?: of)?)|(?:the )?(?:new|next)|\d+|two|three|four|six|several) ?(?:days?|weeks?|months?|quarters?|years?)?|next (?:week|month|quarter|year|season|spring|summer|fall|autumn|winter|time|january|february|march|april|may|june|july|august|september|october|november|december)|(?:in|after|until|till|around) (?:q[1-4]|january|february|march|april|may|june|july|august|september|october|november|december|the (?:holidays?|summer|new year)|spring|summer|fall|autumn|winter|easter|christmas)|later(?: (?:on|this|in)\b)?|down the (?:road|line)|some other time|another time|at a later)"

_DO = r"(?:come|join|attend|talk|chat|meet|hear|learn|discuss|see|know more|connect|speak|schedule|be there|participate|set up|find out|go|bring|try|register|sign up|book|take you up)\b"

WRONG_PERSON = (
    r"\b(?:i(?:['’]m| am)|you(?:['’]ve| have)? (?:got|have|reached)|this is) (?:not |n['’]t |probably not |certainly not )?(?:the )?wrong (?:person|contact|number|guy|department|address|email)\b",
    r"\bwrong (?:person|number|guy|contact|department|email(?: address)?|e-mail(?: address)?)\b",
    r"\b(?:not|isn['’]t|am not) (?:really )?(?:the )?(?:right|correct|best|proper|appropriate) (?:person|contact|one to (?:talk|speak|ask)|department)\b",
    r"\b(?:no longer|don['’]?t|do not|does(?:n['’]?t| not)) (?:works?|working) (?:here|there|with|for|at)\b",
    r"\b(?:he|she|they|[a-z]+) (?:has |have |had )?(?:left|retired from) (?:the|our) (?:company|firm|team|organi[sz]ation|business)\b",
    r"\bno longer (?:with|at|employed|part of|responsible|in (?:that|this|the) (?:role|position)|handl\w+|in charge)\b",
    r"\bi(?:['’]m| am) not (?:in charge|responsible|involved|handling)\b",
    r"\b(?:please |kindly |pls |you (?:should|can|could|might want to|need to|['’]ll want to) |best to |better )(?:contact|reach out to|reach|e-?mail|write to|write|call|get in touch with|speak (?:to|with)|talk (?:to|with)|ask|try|connect with|forward this to) (?!(?:me|us|it|this|that|you|again|back|in|at|your)\b)(?:my (?:colleague|boss|manager|partner|assistant|husband|wife|successor|coworker)|our (?:\w+ ){1,3}(?:team|department|manager|director|desk)|[a-z]+ (?:from|in|at|instead|[a-z]+ instead)|[\w.+-]+@[\w.-]+)",
    r"\b(?:handles|handling|deals with|dealing with|takes care of|is in charge of|is responsible for|is the (?:right|best) (?:person|contact))\b(?=.{0,60}(?:\b(?:this|that|these|those|such|our)\b|\btalk to\b|[\w.+-]+@))",
    r"\byou(?:['’]re| are)? (?:must have|have|looking for|want|need|probably want) (?:the wrong|somebody else|someone else|a different (?:person|department))\b",
    r"\bnot me\b(?=.{0,40}\b(?:wrong|else|different|colleague)\b)",
    r"\bi(?:['’]m| am) not (?:dave|john|[a-z]+)\b[,.]? (?:you|wrong|this is)",
    r"\bthis (?:was|is) not (?:meant|intended) for me\b",
    r"\b(?:i(?:['’]ve| have)? )?(?:retired|sold (?:the|my) (?:business|company|practice|agency))\b(?! (?:on|early) (?:monday|friday))",
)
NOT_INTERESTED = (
    r"\bnot (?:at all |really |particularly |very |that |all that |currently |actually )?interested\b",
    r"\b(?:isn['’]t|aren['’]t|am not|wasn['’]t|don['’]?t think (?:i|we)(?:['’](?:m|re)| am| are)|no longer|un) ?interested\b",
    r"\b(?:have|has|got) (?:no|zero|absolutely no) (?:interest|need|use)\b|\bno interest\b",
    r"\bno,? thank(?:s| you)\b|\bthank(?:s| you),? but no\b|\bthanks but no\b",
    r"\b(?:i['’]?ll|i will|we['’]?ll|we will|going to|gonna|i['’]?m going to|have to|must|i) pass(?= on (?:this|that|it)|[.,!]|$| thank| for\b)",
    r"\bhard pass\b|\bcount me out\b|\bnot for (?:me|us)\b|\bnot my (?:thing|cup of tea)\b|\bnot a (?:good |great )?(?:fit|match)\b|\bisn['’]t a (?:good )?fit\b",
    r"\b(?:don['’]?t|do not|doesn['’]?t|won['’]?t|wouldn['’]?t) (?:really )?(?:need|want|require|be needing|see (?:a|the|any) (?:need|value|fit|use))\b(?! (?:to (?:miss|wait)|any(?:thing)? (?:else|more)\b.{0,20}\b(?:yes|in)\b))",
    r"\b(?:all set|we(?:['’]re| are) (?:good|covered|fine|happy)|i(?:['’]m| am) (?:good|covered|all set))(?=[.,!]|$| here| thanks| thank you)",
    r"\b(?:already|just) (?:have|using|use|work with|working with|signed with|went with|chose|hired|got) (?:a |an |another |our own |the )?(?:\w+ )?(?:vendors?|providers?|suppliers?|agen(?:cy|t)|solutions?|tools?|systems?|partners?|brokers?|platforms?|software|someone|somebody|firm|company|service)\b",
    r"\b(?:decided|decide|chosen|chose|going) (?:against|not to (?:go|move|pursue|proceed|continue|do|attend|join))\b|\bwent (?:with|in) (?:another|a different|someone|somebody)\b",
    r"\bi(?:['’]d| would) rather not\b|\bmust decline\b|\b(?:i|we)(?:['’]ll| will| have to|['’]d like to|) (?:respectfully |politely )?decline\b|\bnope\b(?=[.,!]|$)",
    r"^\W*(?:no|nah)\W*$",
    r"\bnot (?:looking|in the market|seeking) (?:for|to)\b(?!.{0,30}\b(?:right now|at the moment|currently|yet|this year|this time)\b)",
)
NOT_NOW = (
    rf"\bnot (?:\w+ ){{0,3}}{_NOW}",
    r"\bnot (?:a (?:good|great)|the (?:right|best)) (?:time|moment|week|month)\b|\b(?:bad|wrong|terrible) time\b|\b(?:isn['’]t|not) (?:really )?(?:a |the )?(?:good|right|best) (?:time|moment)\b",
    rf"\b(?:check|circle|reach|come|get|touch|follow|try|ask|call|write|contact|connect|talk|speak|ping|e-?mail|revisit|look at (?:it|this))(?: (?:me|us|this|it))? ?(?:back|out|base|up|again|in)?(?: (?:to|with) (?:me|us|you))?(?: again)?,? {_LATER}",
    r"\b(?:can['’]?t|cannot|could ?n['’]?t|won['’]?t be able to|unable to|not able to|wo n['’]t) (?:make|attend|come|join|do|be there|meet|go)\b(?:(?! until).){0,40}",
    r"\b(?:too|really|super|very|so|extremely|pretty|quite|a bit|swamped|crazy) (?:busy|swamped|slammed|hectic|tied up)\b|\b(?:swamped|slammed|snowed under|up to my (?:neck|ears|eyeballs))\b",
    r"\b(?:maybe|perhaps|possibly|let['’]s (?:talk|revisit|reconnect|touch base|do it|do this)|we can (?:talk|revisit|speak)|i(?:['’]ll| will)) (?:\w+ ){0,5}?"
    + _LATER,
    r"\b(?:maybe|perhaps) (?:next|another|some other) time\b|\b(?:some other|another|next) time(?:,? (?:maybe|perhaps|then|please))?(?=[.!,]|$)",
    r"\bnot (?:ready|there)(?: yet)?\b|\bon hold\b|\bbudget (?:is |has been )?(?:frozen|freeze|spent|used up|exhausted)\b|\bno (?:budget|capacity|bandwidth|time)(?: (?:for|left|until|this|right|at|to))?\b|\bdon['’]?t have (?:the )?(?:time|bandwidth|capacity|budget)\b",
    r"\b(?:have|got|there['’]?s|i['’]ve|had) (?:another|a (?:prior|previous|different|conflicting)) (?:engagement|commitment|appointment|event|meeting|conflict)\b|\b(?:double|already) booked\b|\b(?:scheduling )?conflict (?:that|on|with|this)\b|\bout of town\b(?=.{0,40}\b(?:that|then|sorry|but|this)\b)",
    r"\bkeep me (?:posted|in mind|in the loop)\b(?=.{0,40}\b(?:future|next|later|other)\b)|\bin the (?:near )?future\b(?=[.,!]|$)",
)
POSITIVE = (
    r"\b(?:count me in|sign (?:me|us) up|i(?:['’]m| am) in|we(?:['’]re| are) in)\b(?! (?:a meeting|meetings|the middle|town|transit|no|charge|denver|the process|hospital|talks|between))",
    r"\b(?:very |really |definitely |quite |super |so |yes,? |certainly |still )?interested(?: in (?:hearing|learning|it|this|that|coming|attending|joining|a |the |talking|your))?(?=[.!,;)]|$|\s(?:in|please|and|thanks?|thank|but|to (?:hear|learn|know|talk|see|join|attend))\b)",
    rf"\bi(?:['’]d|['’]ll| would| will) (?:really |absolutely |certainly |definitely |also )?(?:love|like|be (?:happy|glad|delighted|thrilled|honou?red|open|up|down)) (?:to {_DO}|that\b|it\b|(?:some |more |additional |further |a |an |another |two |to have (?:a )?)*(?:info(?:rmation)?|details|demo|quote|call|seats?|spots?|tickets?|invitation)\b)|\bi(?:['’]d| would) (?:really |absolutely )?(?:love|be (?:happy|glad|delighted)) to(?=[.!,]|$)",
    rf"\b(?:we(?:['’]d|['’]ll| would| will)|would) (?:really |absolutely |certainly )?(?:love|like|be (?:happy|glad|delighted|interested|thrilled)) to {_DO}",
    r"\b(?:let['’]?s|we (?:should|can|could)|happy to|glad to|love to|sure,? let['’]?s|can we|could we|shall we) (?:definitely |please |absolutely )?(?:talk|chat|meet|do (?:it|this|that|coffee|lunch|dinner|a call)|connect|set (?:up|something up)|schedule|book|find a time|hop on|jump on|catch up|speak|get together|discuss|make it happen|go (?:ahead|for it)|have a (?:chat|call|look|talk))\b",
    r"\b(?:sounds|looks|this is|that is|that['’]?s|that would be|seems|it sounds) (?:really |very |absolutely |pretty |so )?(?:good|great|interesting|perfect|wonderful|fantastic|awesome|lovely|fun|excellent|amazing|like (?:a )?(?:fun|great|good|plan))\b(?! (?:question|point)\b)(?!,? but (?:no|not|i|we|unfortunately|sadly)\b)",
    r"^\W*(?:yes|yep|yeah|yup|sure(?: thing)?|absolutely|definitely|of course|certainly|ok(?:ay)?|gladly|with pleasure|will do|deal|perfect|great|awesome)(?:,? (?:please|thanks?|thank you|sir|ma['’]?am|[a-z]+|that works|works|works for me|i(?:['’]ll| will) be there|i(?:['’]m| am) in|i will|we will|count me in))?\W*$",
    r"^\W*(?:yes|yep|yeah|yup|sure|absolutely|definitely|of course|certainly)[,.!]? (?:i(?:['’]d|['’]ll|['’]m| would| will| am| can)?|we(?:['’]d|['’]ll|['’]re| would| will| are| can)?|please|that|this|let|send|tell|count|happy|it|thursday|friday|monday|tuesday|wednesday|tell me|what time|when|sign|sounds)\b(?! (?:not|unsubscribe|remove|stop|(?:[a-z]+ )?(?:don['’]?t|can['’]?t|busy)))",
    r"\bno problem[,.!]? (?:let['’]?s|happy|i(?:['’]ll| will| can)|see you|works|we can|sure)\b",
    r"\b(?:see (?:you|y['’]?all|ya) (?:there|then|on|at|tomorrow|next|soon|thursday|friday|monday|tuesday|wednesday)|i(?:['’]ll| will) (?:be there|come|attend|join|make it|bring)|we(?:['’]ll| will) (?:be there|come|attend|join))\b",
    r"\b(?:please|can you|could you|would you|pls|kindly|yes|sure|go ahead and|feel free to)[,.]? (?:please )?(?:send|e-?mail|forward|share|shoot|give)(?: (?:me|us|over|it|that|along))* ?(?:some |any |the |your |a |more |an |further |additional )*(?:info(?:rmation)?|details?|brochure|proposal|pricing|invite|invitation|calendar|link|deck|materials?|quote|offer|options|dates|times|registration|agenda|it over)\b",
    r"\b(?:stop by|come by|drop by|swing by|come over|give me a (?:call|ring|shout)|call me|ring me|text me|book (?:me|a time|a slot)|send me (?:an? )?(?:invite|calendar|invitation|link))(?: (?:on|at|any ?time|tomorrow|monday|tuesday|wednesday|thursday|friday|next|this|after|before|when|in the|at my|around|back|and|please|for)\b|[.!]|$)",
    r"\b(?:(?:that|thursday|friday|monday|tuesday|wednesday|tomorrow|next week|\d{1,2}(?::\d\d)? ?(?:am|pm)?|it|either|any ?time)(?: (?:at|morning|afternoon|evening|\d{1,2}(?::\d\d)? ?(?:am|pm)?))* (?:works|would work|will work|is (?:good|fine|great|perfect|ok|okay))|works (?:for|great|well|perfectly))(?: (?:for|with) (?:me|us))?\b",
    r"\b(?:looking|look) forward to (?:it|this|that|hearing|meeting|talking|seeing|chatting|learning|the|our|your)\b(?! resignation| (?:unsubscrib|the day you stop))",
    r"\b(?:tell me more|i(?:['’]m| am) (?:free|available|open|happy|keen|game|down)|we(?:['’]re| are) (?:free|available|keen)|keen to|love (?:it|this|the idea)|good (?:idea|timing)|great (?:idea|timing|news)|my calendar (?:is|link)|here(?:['’]s| is) my (?:calendar|number|cell|direct)|what times? (?:work|suit)s?|when (?:can|could|are|works|would) (?:we|you|for you)\b.{0,30}\b(?:talk|meet|chat|call|available|free|work)|(?:please )?(?:register|rsvp|reserve|save) (?:me|us|a (?:seat|spot|table))|put me down)\b(?! (?:from|not|until))",
)
#: Somebody says the contrary of what their words are.
SARCASM = (
    r"\byeah,? right\b|\bas if\b(?=[.,!]|$)|\bthanks for (?:the spam|nothing|wasting)\b|\bjust what (?:i|we) (?:needed|always wanted)\b|\bhow (?:original|creative|thoughtful)\b",
    r"\b(?:oh )?(?:great|wonderful|lovely|fantastic|awesome|wow|perfect|joy|super|terrific)[,.!]* (?:(?:another|yet another|more) (?:one|sales|cold|spam|e-?mail|pitch|invitation|message|newsletter|vendor)|just what)",
    r"\b(?:do|would) you (?:really |honestly |seriously )?think (?:i|we|anyone|this)\b|\bare you (?:kidding|serious|joking|insane|for real)\b|\bwhat part of\b|\bbe still my heart\b|\blucky me\b|\bcan['’]?t wait\b(?=.{0,30}\b(?:another|more|delete|next one)\b)|🙄",
    r"\b(?:i(?:['’]d| would)|we(?:['’]d| would)) (?:love|like|be happy|rather) .{0,40}\b(?:root canal|teeth pulled|watch paint dry|if you (?:stopped|went away|left)|never)\b|\bwhen hell freezes\b|\bover my dead body\b|\bin your dreams\b",
)
NEGATION = r"(?:\b(?:not|never|no|hardly|without|cannot|neither|nor|nobody|nothing|stop|unless|if|whether)|n['’]t|\bdont|\bcant|\bwont|\bisnt|\barent|\bwouldnt)\s+(?:[\w'’]+\s+){0,2}$"
QUESTION = r"\b(?:how (?:much|many|long|does|do|is|are|would|can|did|come|far|soon)|what(?:['’]s| is| are| does| do| kind| time| would| exactly| about)|when(?:['’]s| is| does| do| will)|where(?:['’]s| is| do| will| are)|who(?:['’]s| is| are| else| do)|which|why|is (?:it|this|that|there|parking)|are (?:you|there|these)|do (?:you|i|we)|does (?:it|this|that)|can (?:you|i|we)|could (?:you|i|we)|would (?:it|you|this)|will (?:it|there|you)|may i)\b"
