"""German, Spanish and French words that say what an answer is."""

from __future__ import annotations

WRONG_PERSON = (
    r"\b(?:falsche[rn]? (?:ansprechpartner(?:in)?|person|adresse|nummer|adressat(?:in)?)|nicht (?:der|die) richtige (?:ansprechpartner(?:in)?|person)|(?:bin|ist) (?:dafür |hierfür |für \w+ )?nicht (?:mehr )?zuständig|arbeite[t]? (?:dort |hier |da )?nicht mehr|nicht mehr (?:bei|im unternehmen|in der firma)|wenden sie sich (?:bitte )?an|zuständig ist (?:mein|meine|unser|unsere|herr|frau))\b",
    r"\b(?:persona equivocada|n[uú]mero equivocado|correo equivocado|no soy la persona (?:adecuada|indicada|correcta)|ya no trabaj[oa]|no soy (?:el|la) (?:encargad[oa]|responsable)|p[oó]ngase en contacto con|contacte (?:con|a) mi)\b",
    r"(?:\bmauvaise personne\b|\bmauvais (?:num[ée]ro|interlocuteur|contact)\b|\bne suis pas la bonne personne\b|\bne suis (?:pas|plus) (?:le|la) (?:responsable|bon)\b|\bne travaille plus\b|\bne fait plus partie\b|\bveuillez (?:contacter|vous adresser)\b|\badressez[- ]vous)",
)
NOT_INTERESTED = (
    r"\b(?:kein(?:erlei)? (?:\w+ )?(?:interesse|bedarf)|nicht dabei|nicht (?:daran |mehr |wirklich )?interessiert|nein,? (?:danke|vielen dank)|danke,? (?:aber )?nein|kommt (?:für (?:uns|mich) )?nicht (?:in ?frage|infrage)|nichts für (?:mich|uns)|haben (?:bereits|schon) (?:einen?|eine[nm]?) (?:anbieter|partner|dienstleister|lösung|makler)|(?:müssen|muss|möchten?) (?:leider )?absagen|brauchen wir nicht|brauche ich nicht)\b",
    r"\b(?:no (?:me|nos) interesa|no (?:estoy|estamos) interesad[oa]s?|sin inter[ée]s|no,? (?:muchas )?gracias|gracias,? pero no|no (?:lo )?necesit(?:o|amos)|ya tenemos)\b",
    r"(?:\bpas (?:du tout |vraiment )?int[ée]ress[ée]e?s?\b|\b(?:ne|n['’]) ?(?:m['’]|nous )?int[ée]resse pas\b|\baucun int[ée]r[êe]t\b|\bnon,? merci\b|\bmerci,? mais non\b|\bpas besoin\b|\bavons d[ée]j[àa] (?:un|une)\b)",
)
NOT_NOW = (
    r"\b(?:(?:im moment|derzeit|momentan|zurzeit|aktuell|zur zeit|gerade|vorerst|jetzt) (?:leider )?(?:nicht|kein\w*|schlecht|passt es)|passt (?:es |mir |uns )?(?:gerade|im moment|derzeit|zeitlich|momentan|leider)? ?(?:nicht|schlecht)|(?:melden|schreiben|fragen|rufen) sie (?:sich |mich |mir )?(?:bitte |gern(?:e)? )?(?:\w+ ){0,2}(?:in|im|nach|nächst\w+|später)\b|keine zeit|ein anderes mal|nicht jetzt|(?:kann|können) (?:ich |wir )?(?:leider )?nicht (?:kommen|teilnehmen|dabei sein)|(?:vielleicht|gern(?:e)?|lieber|erst) (?:wieder )?(?:nächst\w+|später|im (?:januar|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember|frühjahr|herbst|neuen jahr)))\b",
    r"\b(?:ahora (?:mismo )?no|por (?:el momento|ahora) no|en este momento no|no (?:es )?(?:un )?buen momento|m[aá]s adelante|el (?:pr[oó]ximo|siguiente) (?:mes|a[ñn]o|trimestre)|la pr[oó]xima vez|otra vez ser[aá]|no (?:tengo|tenemos) tiempo|no (?:puedo|podr[eé]) (?:ir|asistir))\b",
    r"(?:\bpas (?:pour le moment|maintenant|en ce moment|actuellement|tout de suite)\b|\bpour l['’]instant(?:,? non| pas)?\b|\bplus tard\b|\bune autre fois\b|\bpas le (?:bon )?(?:moment|temps)\b|\bl['’]ann[ée]e prochaine\b|\ble mois prochain\b|\bne (?:peux|pourrai) pas (?:venir|y aller|participer|assister))",
)
POSITIVE = (
    r"\b(?:(?:ja,? )?(?:sehr )?gern(?:e)?(?=[.!,]|$)|ja,? (?:bitte|gern(?:e)?|das|ich|wir|passt)|bin (?:gern(?:e)? |sehr |auf jeden fall )?(?:dabei|interessiert)|wir sind (?:gern(?:e)? )?(?:dabei|interessiert)|(?:habe|hätte|haben|hätten) (?!kein)(?:\w+ )?(?:großes )?interesse|(?:klingt|hört sich) (?:sehr |wirklich )?(?:gut|interessant|spannend|super|prima) ?(?:an)?|(?:ich |wir )(?:komme[n]?|nehme[n]?) gern(?:e)?|(?:schicken|senden) sie (?:mir|uns) (?:bitte |gern(?:e)? )?(?:\w+ ){0,3}(?:infos?|informationen|unterlagen|details|angebot|einladung)|(?:freue|freuen) (?:mich|uns) (?:auf|darauf|sehr)|(?:lassen|lass) (?:sie )?uns (?:\w+ )?(?:telefonieren|sprechen|treffen|reden)|(?:rufen|ruf) (?:sie )?mich (?:gern(?:e)? |bitte )?(?:an|am|morgen|unter)|passt (?:mir |uns )?(?:gut|perfekt|prima|super)|melden sie (?:mich|uns) (?:bitte )?an)\b",
    r"(?:^\W*(?:s[ií]|claro|por supuesto|perfecto|encantad[oa]|con gusto|vale)(?:,? (?:por favor|gracias|claro|me interesa|all[ií] estar[eé]))?\W*$|\b(?<!no )(?:me|nos) interesa\b|\b(?:estoy|estamos) (?:muy )?interesad[oa]s?\b|\b(?:me|nos) (?:encantar[ií]a|gustar[ií]a)\b|\bcuenten? conmigo\b|\b(?:suena|parece) (?:muy )?(?:bien|interesante|genial)\b|\b(?:env[ií]en?me|m[aá]nden?me) (?:m[aá]s )?(?:informaci[oó]n|detalles|la invitaci[oó]n)\b|\ball[ií] estar[eé]\b|\bhablemos\b|\bcon mucho gusto\b|\bll[aá]m[ea]me (?:el|ma[ñn]ana|a)\b)",
    r"(?:^\W*(?:oui|volontiers|avec plaisir|parfait|d['’]accord|bien s[ûu]r)(?:,? (?:merci|volontiers|avec plaisir|bien s[ûu]r|je viens|s['’]il vous pla[îi]t))?\W*$|\b(?:[çc]a|cela) m['’]int[ée]resse\b|\b(?:je suis|nous sommes) (?:tr[èe]s |bien )?int[ée]ress[ée]e?s?\b|\b(?:je|nous) (?:serais|serions|serai) (?:ravie?s?|heureu(?:x|se)|l[àa]|pr[ée]sente?)\b|\bavec (?:grand )?plaisir\b|\bcomptez sur moi\b|\b(?:envoyez|pouvez-vous m['’]envoyer)[- ]?(?:moi)? (?:plus d['’]|des |les |l['’]|davantage d['’])?(?:infos?|informations?|d[ée]tails|invitation)|\bje viendrai\b|\bparlons[- ]en\b|\bappelez[- ]moi\b|\b(?:[çc]a|cela) me convient\b)",
)
SARCASM = (
    r"\b(?:na (?:super|toll|klasse)|schon wieder (?:eine|so)|wer[’']s glaubt|darauf habe? ich gewartet)\b|\b(?:qu[eé] bien,? otr[oa]|genial,? otr[oa])\b|\b(?:super,? encore une?|g[ée]nial,? encore|manquait plus que)\b",
)
NEGATION = (
    r"(?:\b(?:nicht|kein\w*|nie|ohne|wenn|no|nunca|sin|si|pas|jamais|sans|ne|n['’])\s+(?:[\w'’]+\s+){0,1})$"
)
QUESTION = r"\b(?:wie (?:viel|lange|teuer|hoch|groß|funktioniert|kommen|ist|sieht)|was (?:kostet|ist|genau|sind|bieten|bedeutet)|wann|wo |woher|wer |warum|wieso|welche\w*|gibt es|ist das|können sie|haben sie|kann ich|cu[aá]nto|cu[aá]ndo|c[oó]mo|d[oó]nde|qu[eé] |qui[eé]n|hay |puedo|pueden|tienen|combien|quand|comment|o[ùu] |pourquoi|quel(?:le)?s?|est-ce que|y a-t-il|pouvez-vous|avez-vous)\b"
