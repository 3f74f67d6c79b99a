/**
 * Declares a PDF accessible (PDF/UA-1) that is so already: the compiler writes one standard a document, and its tags serve
 * both. Added the way PDF is made to be changed: new versions of two objects behind the end, the rest stays as it is.
 */

const uaNamespace = 'http://www.aiim.org/pdfua/ns/id/';

/** PDF/A wants every property described that it does not know itself. */
const uaSchema =
  '<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>PDF/UA Universal Accessibility schema</pdfaSchema:schema>' +
  `<pdfaSchema:namespaceURI>${uaNamespace}</pdfaSchema:namespaceURI><pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>` +
  '<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource"><pdfaProperty:category>internal</pdfaProperty:category>' +
  '<pdfaProperty:description>PDF/UA version identifier</pdfaProperty:description><pdfaProperty:name>part</pdfaProperty:name>' +
  '<pdfaProperty:valueType>Integer</pdfaProperty:valueType></rdf:li></rdf:Seq></pdfaSchema:property></rdf:li>';

/** The first group that a pattern finds. Throws when it finds nothing: the document is then not what the compiler writes. */
const found = (text: string, pattern: RegExp): string => {
  const match = pattern.exec(text)?.[1];
  if (match === undefined) throw new Error(`the PDF is built in another way than expected: no ${pattern}`);
  return match;
};

/** Puts `addition` behind the first `place`. Throws when there is none. */
const insertedAfter = (text: string, place: string, addition: string): string => {
  const at = text.indexOf(place);
  if (at < 0) throw new Error(`the PDF is built in another way than expected: no ${place}`);
  const end = at + place.length;
  return `${text.slice(0, end)}${addition}${text.slice(end)}`;
};

/** What stands between `N 0 obj` and `endobj`. */
const objectOf = (text: string, number: string): string => {
  const head = `\n${number} 0 obj\n`;
  const at = text.lastIndexOf(head);
  if (at < 0) throw new Error(`the PDF has no object ${number}`);
  return text.slice(at + head.length, text.indexOf('\nendobj', at));
};

const declaredIn = (metadata: string): string => {
  const xml = found(metadata, /stream\n([\s\S]*)\nendstream/);
  const named = insertedAfter(xml, 'xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"', ` xmlns:pdfuaid="${uaNamespace}"`);
  const described = insertedAfter(named, '<pdfaExtension:schemas><rdf:Bag>', uaSchema);
  const declared = insertedAfter(described, '</pdfaExtension:schemas>', '<pdfuaid:part>1</pdfuaid:part>');
  return `<<\n  /Length ${declared.length}\n  /Type /Metadata\n  /Subtype /XML\n>>\nstream\n${declared}\nendstream`;
};

/** The same document, which says of itself that it is accessible and wants its title shown. Throws on a PDF of another form. */
export const declareAccessible = (pdf: Uint8Array): Uint8Array => {
  // One character a byte.
  const text = Buffer.from(pdf).toString('latin1');
  const trailer = found(text.slice(text.lastIndexOf('\ntrailer\n')), /<<\n([\s\S]*?)\n>>/);
  const previous = found(text.slice(-64), /startxref\n(\d+)\n/);
  const catalogNumber = found(trailer, /\/Root (\d+) 0 R/);
  const catalog = objectOf(text, catalogNumber);
  const metadataNumber = found(catalog, /\/Metadata (\d+) 0 R/);
  const objects = [
    { number: metadataNumber, content: declaredIn(objectOf(text, metadataNumber)) },
    { number: catalogNumber, content: insertedAfter(catalog, '/ViewerPreferences <<', '\n    /DisplayDocTitle true') },
  ];
  let update = text.endsWith('\n') ? '' : '\n';
  let table = 'xref\n';
  for (const { number, content } of objects) {
    table += `${number} 1\n${`${text.length + update.length}`.padStart(10, '0')} 00000 n \n`;
    update += `${number} 0 obj\n${content}\nendobj\n`;
  }
  const start = text.length + update.length;
  update += `${table}trailer\n<<\n${trailer}\n  /Prev ${previous}\n>>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.concat([pdf, Buffer.from(update, 'latin1')]);
};
