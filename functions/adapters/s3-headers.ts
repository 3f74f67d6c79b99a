/** How an object presents itself to a browser that follows a presigned link. */

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  json: 'application/json',
  csv: 'text/csv; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
  eml: 'message/rfc822',
  pdf: 'application/pdf',
  png: 'image/png',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  parquet: 'application/vnd.apache.parquet',
};

/** Pages open, files are saved under their own name. */
const shown = new Set(['html', 'json', 'txt', 'pdf', 'png']);

export const s3Headers = (key: string): { ContentType: string; ContentDisposition?: string } => {
  const name = key.slice(key.lastIndexOf('/') + 1);
  const ending = name.slice(name.lastIndexOf('.') + 1);
  const ContentType = types[ending];
  if (ContentType === undefined) return { ContentType: 'application/octet-stream' };
  if (shown.has(ending)) return { ContentType, ContentDisposition: 'inline' };
  const plain = /^[A-Za-z0-9._-]{1,100}$/.test(name);
  return { ContentType, ContentDisposition: plain ? `attachment; filename="${name}"` : 'attachment' };
};
