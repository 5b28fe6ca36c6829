"""What people call the columns of their lists, in English, German and Spanish."""

from __future__ import annotations

import re
import unicodedata

# target -> spellings, after `bare`: lower case, no accents, letters and digits only. Where two columns want
# the same place, the one on the earlier line gets it: a mobile before an office phone.
_SPELLINGS: dict[str, str] = {
    "email": """
        email emailaddress emailid mail mailaddress eaddress primaryemail emailprimary email1 emailadresse mailadresse correo correoelectronico correoe direcciondecorreo
        workemail businessemail contactemail emailwork emailbusiness emailcontacto
        personalemail personemail emailpersonal
    """,
    "phone": """
        mobile mobilephone mobilenumber mobilephonenumber cell cellphone cellnumber cellphonenumber phonemobile smsnumber whatsapp handy handynummer mobil mobilnummer mobiltelefon telefonomovil movil celular numerocelular numerodecelular
        phone phonenumber telephone telephonenumber tel contactnumber primaryphone phone1 telefon telefonnummer rufnummer telnr telefono numerodetelefono
        workphone directphone businessphone phonework directdial officephone
        homephone phonehome
    """,
    "first_name": """
        firstname first fname givenname forename contactfirstname
        vorname rufname nombre nombres primernombre nombredepila
    """,
    "last_name": """
        lastname last lname surname familyname contactlastname
        nachname familienname zuname apellido apellidos primerapellido
    """,
    "full_name": """
        name fullname contactname contact person personname leadname prospectname agentname agent
        realtor customername attendee attendeename kontakt kontaktname ansprechpartner vollername
        vorundnachname namevorname nombrecompleto nombreyapellido nombreyapellidos contacto
    """,
    "company": """
        company companyname organization organisation organizationname employer business businessname
        account accountname brokerage brokeragename agency office officename firm firmname
        firma firmenname unternehmen organisationsname arbeitgeber
        empresa compania negocio organizacion nombredelaempresa razonsocial
    """,
    "title": """
        title jobtitle position role jobrole occupation designation
        berufsbezeichnung stelle funktion rolle jobtitel
        cargo puesto titulo ocupacion
    """,
    "city": "city town locality homecity workcity stadt ort wohnort ciudad localidad poblacion municipio",
    "state": """
        state stateprovince province region stateregion stateorprovince
        bundesland provinz kanton estado provincia departamento comunidadautonoma
    """,
    "country": "country countrycode countryname countryregion nation land staat pais",
    "timezone": "timezone tz timezonename zeitzone zonahoraria husohorario",
    "external_id": """
        externalid id contactid crmid recordid customerid customernumber leadid personid prospectid
        clientid salesforceid hubspotid uid userid key externekennung kundennummer kundennr kontaktid
        idexterno idcliente numerodecliente
    """,
    "tags": """
        tags tag labels label lists list groups group segments segment categories category niche interests
        etikett etiketten schlagwort schlagworte schlagworter gruppe gruppen kategorie kategorien
        etiqueta etiquetas grupos categoria categorias
    """,
    "owner": """
        owner ownername owneremail contactowner leadowner recordowner assignedto salesrep accountowner bdr rep
        zustandig besitzer betreuer verantwortlich propietario responsable asignadoa
    """,
}
TARGETS: dict[str, str] = {
    "email": "E-mail",
    "phone": "Mobile",
    "first_name": "First name",
    "last_name": "Last name",
    "full_name": "Full name, split into first and last",
    "company": "Company",
    "title": "Job title",
    "city": "City",
    "state": "State or region",
    "country": "Country",
    "timezone": "Time zone",
    "external_id": "Id in your other system",
    "tags": "Tags",
    "owner": "Owner",
}
_TARGET_OF = {spelling: target for target, line in _SPELLINGS.items() for spelling in line.split()}
_RANK = {
    spelling: rank
    for spellings in _SPELLINGS.values()
    for rank, line in enumerate(spellings.strip().splitlines())
    for spelling in line.split()
}


def bare(header: str) -> str:
    """Returns the header as it is compared: `E-Mail Address` -> `emailaddress`, `Teléfono` -> `telefono`."""
    plain = unicodedata.normalize("NFKD", header.casefold().replace("ß", "ss"))
    return re.sub(r"[^a-z0-9]", "", plain)


def target_named(header: str) -> str | None:
    """Returns the known target that this header names, e.g. `email`, or None."""
    return _TARGET_OF.get(bare(header))


def rank_of(header: str) -> int:
    """Returns how plainly the header names its target; smaller is plainer."""
    return _RANK.get(bare(header), len(TARGETS))


def field_key(label: str) -> str:
    """Returns the key of a custom field: `License #` -> `license`, `Größe (cm)` -> `groesse_cm`."""
    spelled = label.casefold()
    for umlaut, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        spelled = spelled.replace(umlaut, letters)
    plain = unicodedata.normalize("NFKD", spelled)
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"[\u0300-\u036f]", "", plain)).strip("_")[:60] or "field"
