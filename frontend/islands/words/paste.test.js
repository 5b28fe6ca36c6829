import assert from "node:assert/strict";
import { test } from "node:test";
import { cleanLink, cleanPasted } from "./paste.js";

const WORD = `<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><meta name=Generator content="Microsoft Word 15"><!--[if gte mso 9]><xml><w:WordDocument></w:WordDocument></xml><![endif]--><style>p.MsoNormal {margin:0cm;}</style></head>
<body lang=EN-US style='tab-interval:36.0pt'><!--StartFragment-->
<p class=MsoNormal style='mso-margin-top-alt:auto'><b><span style='font-family:"Calibri",sans-serif;mso-fareast-language:EN'>Hello<o:p></o:p></span></b></p>
<p class=MsoListParagraphCxSpFirst style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span style='font-family:Symbol'><span style='mso-list:Ignore'>·<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp; </span></span></span><![endif]>First<o:p></o:p></p>
<p class=MsoListParagraphCxSpLast style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span style='mso-list:Ignore'>·<span>&nbsp; </span></span><![endif]>Second <i>one</i></p>
<p class=MsoNormal><o:p>&nbsp;</o:p></p>
<p class=MsoNormal>See <a href="https://acme.example/?utm_source=word&amp;page=2&amp;fbclid=x#top" class=MsoHyperlink>the page</a>.</p>
<!--EndFragment--></body></html>`;

test("Word's own language goes, its words, lists and links stay", () => {
  const clean = cleanPasted(WORD).replace(/\s+/gu, " ");
  assert.doesNotMatch(clean, /mso|class|style|o:p|xml|·/iu);
  assert.match(clean, /<p><b>Hello<\/b><\/p>/u);
  assert.match(clean, /<ul>\s*<li>\s*First\s*<\/li>\s*<li>\s*Second <i>one<\/i>\s*<\/li>\s*<\/ul>/u);
  assert.match(clean, /<a href="https:\/\/acme\.example\/\?page=2#top">the page<\/a>/u);
});

test("numbered lists of Word are numbered", () => {
  const item = (sign, words) => `<p class=MsoListParagraph style='mso-list:l1 level1 lfo2'><span style='mso-list:Ignore'>${sign}<span>&nbsp; </span></span>${words}</p>`;
  assert.match(cleanPasted(item("1.", "One") + item("2.", "Two")), /<ol><li>One<\/li><li>Two<\/li><\/ol>/u);
});

test("lines of Gmail are paragraphs, its pictures and redirects go", () => {
  const gmail =
    '<div dir="ltr" class="gmail_default" style="font-family:arial">Hi Ada,<br></div><div><br></div><div><span style="font-weight:700;color:rgb(0,0,0)">Come</span> to ' +
    '<a href="https://www.google.com/url?q=https%3A%2F%2Facme.example%2Frsvp%3Fid%3D7%26utm_medium%3Demail&amp;sa=D&amp;ved=1" target="_blank" data-saferedirecturl="x">dinner</a>' +
    '<img src="https://track.example/o.gif" width="1" height="1"></div>';
  assert.equal(cleanPasted(gmail), '<p>Hi Ada,<br></p><p><strong>Come</strong> to <a href="https://acme.example/rsvp?id=7">dinner</a></p>');
});

test("a document of Google is not bold all over", () => {
  const docs = '<b style="font-weight:normal;" id="docs-internal-guid-1"><p dir="ltr"><span style="font-style:italic">slanted</span></p></b>';
  assert.equal(cleanPasted(docs), "<p><em>slanted</em></p>");
});

test("nested boxes become paragraphs after each other", () => {
  const clean = cleanPasted("<div><div>one</div><div>two</div></div>");
  assert.match(clean, /<p>one<\/p><p>two<\/p>/u);
  assert.doesNotMatch(clean, /<p><p>/u);
});

test("scripts and what nobody closed do not stay", () => {
  assert.equal(cleanPasted("<script>alert(1)</script><p onclick=x>hi"), "<p>hi</p>");
  assert.equal(cleanPasted('<a href="javascript:alert(1)">x</a>'), "x");
  assert.equal(cleanPasted("a < b"), "a < b");
});

test("merge tags in links stay, wrappers are opened", () => {
  assert.equal(cleanLink("{{contact.website}}"), "{{contact.website}}");
  assert.equal(cleanLink("https://nam02.safelinks.protection.outlook.com/?url=https%3A%2F%2Facme.example%2F&data=05"), "https://acme.example/");
  assert.equal(cleanLink("https://acme.example/?a=1&mc_eid=9&b=2"), "https://acme.example/?a=1&b=2");
  assert.equal(cleanLink("mailto:a@b.example"), "mailto:a@b.example");
  assert.equal(cleanLink("file:///c/x"), "");
});
